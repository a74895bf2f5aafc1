/** Management of grants: what a client may ask for at which API. */

import { missingScopes } from '@credence/protocol'
import type { Grant, Stores } from '@credence/storage'
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { subjectOf } from './administer.ts'
import { checkNoEscalation } from './caller.ts'
import { Problem } from './problem.ts'
import { resolveClient } from './resolve_client.ts'
import { checkIfMatch, contentEtag } from './revision.ts'
import { audience, clientId, clientParams, epochSeconds, grant, pageOf, scopes } from './schemas.ts'

const grantParams = {
  type: 'object',
  required: ['client_id', 'audience'],
  properties: { client_id: clientId, audience },
} as const
const grantRequest = {
  type: 'object',
  required: ['scopes'],
  additionalProperties: false,
  properties: { scopes },
} as const

export const grantDocument = {
  ...grant,
  properties: { ...grant.properties, created_at: epochSeconds, updated_at: epochSeconds },
} as const

type Target = { Params: FromSchema<typeof grantParams> }

export const toGrantDocument = (grant: Grant) => ({
  audience: grant.audience,
  scopes: grant.scopes,
  created_at: grant.createdAt,
  updated_at: grant.updatedAt,
})

/** Stores a grant. @throws {Problem} `not_found` for an unknown API, `invalid_request` for a scope that the API has not. */
export const setGrant = async (stores: Stores, grant: Grant): Promise<void> => {
  const api = await stores.apis.find(grant.audience)
  if (api === undefined) throw new Problem('not_found', `no API with the audience ${grant.audience}`)
  const unknown = missingScopes(grant.scopes, api.scopes)
  if (unknown.length > 0) {
    throw new Problem(
      'invalid_request',
      `${grant.audience} has no such scope: ${unknown.join(' ')}; it has: ${api.scopes.join(' ')}`,
    )
  }
  await stores.grants.set(grant)
}

export const addGrantRoutes = (app: FastifyInstance, { storage, administer, clock }: AdminDeps): void => {
  addAdminRoute<{ Params: FromSchema<typeof clientParams> }>(app, {
    method: 'GET',
    url: '/clients/:client_id/grants',
    scope: 'admin:grants:read',
    operationId: 'listGrants',
    summary: 'List what a client is granted',
    schema: { params: clientParams },
    success: { status: 200, description: 'All grants of the client', body: pageOf(grantDocument) },
    async handler({ params }) {
      await resolveClient(storage, params.client_id)
      return { items: (await storage.grants.listByClient(params.client_id)).map(toGrantDocument) }
    },
  })

  addAdminRoute<Target>(app, {
    method: 'GET',
    url: '/clients/:client_id/grants/:audience',
    scope: 'admin:grants:read',
    operationId: 'getGrant',
    summary: 'Get what a client is granted on an API',
    schema: { params: grantParams },
    success: { status: 200, description: 'The grant', body: grantDocument },
    async handler({ params }, reply) {
      const grant = await storage.grants.find(params.client_id, params.audience)
      if (grant === undefined) throw notGranted(params)
      reply.header('etag', etagOfGrant(grant))
      return toGrantDocument(grant)
    },
  })

  addAdminRoute<Target & { Body: FromSchema<typeof grantRequest> }>(app, {
    method: 'PUT',
    url: '/clients/:client_id/grants/:audience',
    scope: 'admin:grants:write',
    operationId: 'setGrant',
    summary: 'Grant a client exactly these scopes of an API',
    schema: { params: grantParams, body: grantRequest },
    success: { status: 200, description: 'The grant', body: grantDocument },
    async handler({ params, body, headers, caller }, reply) {
      const now = clock.epochSeconds()
      const subject = subjectOf`clients/${params.client_id}/grants/${params.audience}`
      const grant = await administer(caller, { action: 'grant.set', subject }, async (stores) => {
        const { grants } = await resolveClient(stores, params.client_id)
        const stored = grants.find(({ audience }) => audience === params.audience)
        checkIfMatch(headers['if-match'], stored && etagOfGrant(stored))
        const { client_id: clientId, audience } = params
        const changed: Grant = {
          clientId,
          audience,
          scopes: body.scopes,
          createdAt: stored?.createdAt ?? now,
          updatedAt: now,
        }
        checkNoEscalation(caller, [...grants, changed])
        await setGrant(stores, changed)
        return { before: stored && toGrantDocument(stored), after: toGrantDocument(changed), result: changed }
      })
      reply.header('etag', etagOfGrant(grant))
      return toGrantDocument(grant)
    },
  })

  addAdminRoute<Target>(app, {
    method: 'DELETE',
    url: '/clients/:client_id/grants/:audience',
    scope: 'admin:grants:write',
    operationId: 'removeGrant',
    summary: 'Take all scopes of an API away from a client',
    schema: { params: grantParams },
    success: { status: 204, description: 'It is gone' },
    async handler({ params, headers, caller }) {
      const subject = subjectOf`clients/${params.client_id}/grants/${params.audience}`
      await administer(caller, { action: 'grant.remove', subject }, async (stores) => {
        const { grants } = await resolveClient(stores, params.client_id)
        checkNoEscalation(caller, grants)
        const stored = grants.find(({ audience }) => audience === params.audience)
        checkIfMatch(headers['if-match'], stored && etagOfGrant(stored))
        if (stored === undefined) throw notGranted(params)
        await stores.grants.delete(params.client_id, params.audience)
        return { before: toGrantDocument(stored), result: undefined }
      })
    },
  })
}

const etagOfGrant = ({ audience, scopes }: Grant): string => contentEtag({ audience, scopes })

const notGranted = (params: Target['Params']) =>
  new Problem('not_found', `${params.client_id} is granted nothing on ${params.audience}`)
