/** Management of APIs: the protected resources that tokens are for. */
import { createId } from '@credence/protocol'
import type { Api, Stores } from '@credence/storage'
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import { tokenTtlLimits } from '../policy/lifetime.ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { adminAudience } from './admin_scopes.ts'
import { subjectOf } from './administer.ts'
import { type PageQuery, pageLimits } from './page_cursor.ts'
import { Problem } from './problem.ts'
import { etagOf, parseIfMatch } from './revision.ts'
import {
  audience,
  epochSeconds,
  pageOf,
  pageQuery,
  scopes,
  senderConstraint,
  signingAlgorithm,
  tokenFormat,
  tokenTtl,
} from './schemas.ts'

const apiChange = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    scopes,
    token_ttl_seconds: tokenTtl,
    signing_alg: signingAlgorithm,
    token_format: tokenFormat,
    sender_constraint: senderConstraint,
  },
} as const

const apiCreation = {
  type: 'object',
  required: ['audience', 'scopes'],
  additionalProperties: false,
  properties: { audience, ...apiChange.properties },
} as const

const apiDocument = {
  type: 'object',
  required: [
    'id',
    'audience',
    'scopes',
    'token_ttl_seconds',
    'signing_alg',
    'token_format',
    'sender_constraint',
    'created_at',
    'updated_at',
  ],
  properties: { id: { type: 'string' }, ...apiCreation.properties, created_at: epochSeconds, updated_at: epochSeconds },
} as const

const params = { type: 'object', required: ['audience'], properties: { audience } } as const

type Target = { Params: FromSchema<typeof params> }

const toDocument = (api: Api) => ({
  id: api.id,
  audience: api.audience,
  scopes: api.scopes,
  token_ttl_seconds: api.tokenTtlSeconds,
  signing_alg: api.signingAlgorithm,
  token_format: api.tokenFormat,
  sender_constraint: api.senderConstraint,
  created_at: api.createdAt,
  updated_at: api.updatedAt,
})

/** @throws {Problem} `built_in` */
const checkNotBuiltIn = (audience: string): void => {
  if (audience === adminAudience) throw new Problem('built_in', `${adminAudience} cannot be changed`)
}

export const addApiRoutes = (
  app: FastifyInstance,
  { storage, administer, cursors, clock, randomness }: AdminDeps,
): void => {
  const find = async (audience: string, { apis }: Pick<Stores, 'apis'> = storage): Promise<Api> => {
    const api = await apis.find(audience)
    if (api === undefined) throw new Problem('not_found', `no API with the audience ${audience}`)
    return api
  }

  addAdminRoute<{ Querystring: PageQuery }>(app, {
    method: 'GET',
    url: '/apis',
    scope: 'admin:apis:read',
    operationId: 'listApis',
    summary: 'List APIs, by audience',
    schema: { querystring: pageQuery },
    success: { status: 200, description: 'A page of APIs', body: pageOf(apiDocument) },
    async handler({ query }) {
      const found = await storage.apis.list(cursors.request('apis', query))
      const limit = query.limit ?? pageLimits.default
      return cursors.page('apis', found.map(toDocument), { limit, keyOf: (api) => api.audience })
    },
  })

  addAdminRoute<{ Body: FromSchema<typeof apiCreation> }>(app, {
    method: 'POST',
    url: '/apis',
    scope: 'admin:apis:write',
    operationId: 'createApi',
    summary: 'Create an API',
    schema: { body: apiCreation },
    success: { status: 201, description: 'The API', body: apiDocument },
    async handler({ body, caller }, reply) {
      const now = clock.epochSeconds()
      const api: Api = {
        id: createId('api', now * 1000, randomness),
        audience: body.audience,
        scopes: body.scopes,
        tokenTtlSeconds: body.token_ttl_seconds ?? tokenTtlLimits.default,
        signingAlgorithm: body.signing_alg ?? 'ES256',
        tokenFormat: body.token_format ?? 'jwt',
        senderConstraint: body.sender_constraint ?? 'optional',
        createdAt: now,
        updatedAt: now,
        revision: 1,
      }
      const created = { action: 'api.create', subject: subjectOf`apis/${api.audience}` }
      await administer(caller, created, async (stores) => {
        await stores.apis.create(api)
        return { after: toDocument(api), result: undefined }
      })
      reply
        .header('etag', etagOf(api.revision))
        .header('location', `/admin/v1/apis/${encodeURIComponent(api.audience)}`)
      return toDocument(api)
    },
  })

  addAdminRoute<Target>(app, {
    method: 'GET',
    url: '/apis/:audience',
    scope: 'admin:apis:read',
    operationId: 'getApi',
    summary: 'Get an API',
    schema: { params },
    success: { status: 200, description: 'The API', body: apiDocument },
    async handler(request, reply) {
      const api = await find(request.params.audience)
      reply.header('etag', etagOf(api.revision))
      return toDocument(api)
    },
  })

  addAdminRoute<Target & { Body: FromSchema<typeof apiChange> }>(app, {
    method: 'PATCH',
    url: '/apis/:audience',
    scope: 'admin:apis:write',
    operationId: 'updateApi',
    summary: 'Change an API; what is not given stays',
    schema: { params, body: apiChange },
    success: { status: 200, description: 'The API as it is now', body: apiDocument },
    async handler({ params, body, headers, caller }, reply) {
      checkNotBuiltIn(params.audience)
      const expected = parseIfMatch(headers['if-match'])
      const change = { action: 'api.update', subject: subjectOf`apis/${params.audience}` }
      const api = await administer(caller, change, async (stores) => {
        const stored = await find(params.audience, stores)
        const changed = {
          ...stored,
          scopes: body.scopes ?? stored.scopes,
          tokenTtlSeconds: body.token_ttl_seconds ?? stored.tokenTtlSeconds,
          signingAlgorithm: body.signing_alg ?? stored.signingAlgorithm,
          tokenFormat: body.token_format ?? stored.tokenFormat,
          senderConstraint: body.sender_constraint ?? stored.senderConstraint,
          updatedAt: clock.epochSeconds(),
        }
        const updated = await stores.apis.update(changed, expected ?? stored.revision)
        return { before: toDocument(stored), after: toDocument(updated), result: updated }
      })
      reply.header('etag', etagOf(api.revision))
      return toDocument(api)
    },
  })

  addAdminRoute<Target>(app, {
    method: 'DELETE',
    url: '/apis/:audience',
    scope: 'admin:apis:write',
    operationId: 'deleteApi',
    summary: 'Delete an API that no client is granted',
    schema: { params },
    success: { status: 204, description: 'It is gone' },
    async handler({ params, headers, caller }) {
      checkNotBuiltIn(params.audience)
      const expected = parseIfMatch(headers['if-match'])
      await administer(
        caller,
        { action: 'api.delete', subject: subjectOf`apis/${params.audience}` },
        async (stores) => {
          const stored = await find(params.audience, stores)
          const servedBy = await stores.apis.delete(params.audience, clock.epochSeconds(), expected)
          return { before: toDocument(stored), details: { served_by: servedBy }, result: undefined }
        },
      )
    },
  })
}
