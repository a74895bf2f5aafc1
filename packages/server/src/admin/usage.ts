/** Usage: what clients got, by which credential, and which of their scopes they use. */
import { type Issued, type UsageSum, usageKey, usageSumKey } from '@credence/storage'
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { type PageQuery, pageLimits } from './page_cursor.ts'
import { resolveClient } from './resolve_client.ts'
import { audience, clientId, clientParams, epochSeconds, pageOf, pageQuery, scopeToken } from './schemas.ts'

const daySeconds = 86_400

const usageQuery = {
  ...pageQuery,
  properties: {
    ...pageQuery.properties,
    client_id: clientId,
    audience,
    from: {
      type: 'integer',
      minimum: 0,
      description: 'Epoch seconds; hours that begin from here on. Absent: a day ago.',
    },
    to: { type: 'integer', minimum: 0, description: 'Epoch seconds; hours that begin before this. Absent: now.' },
  },
} as const

type UsageQuery = PageQuery & {
  readonly client_id?: string
  readonly audience?: string
  readonly from?: number
  readonly to?: number
}

const sumProperties = {
  client_id: clientId,
  credential_id: { type: 'string' },
  audience,
  tokens: { type: 'integer', description: 'Tokens issued.' },
  scopes: {
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'By scope, how many of them had it.',
  },
} as const

const issuedDocument = {
  type: 'object',
  required: ['client_id', 'credential_id', 'audience', 'hour', 'tokens', 'scopes'],
  properties: { ...sumProperties, hour: { ...epochSeconds, description: 'Epoch seconds of the hour’s beginning.' } },
} as const

const sumDocument = {
  type: 'object',
  required: ['client_id', 'credential_id', 'audience', 'tokens', 'scopes', 'last_hour'],
  properties: { ...sumProperties, last_hour: { ...epochSeconds, description: 'The last hour with any.' } },
} as const

const scopeUseDocument = {
  type: 'object',
  required: ['audience', 'scope', 'granted_at'],
  properties: {
    audience,
    scope: scopeToken,
    granted_at: { ...epochSeconds, description: 'When the grant was last changed: it was granted then, or before.' },
    last_used_at: { ...epochSeconds, description: 'Absent: not used since the grant was made.' },
  },
} as const

const toDocument = ({ clientId, credentialId, audience, tokens, scopes }: Omit<Issued, 'hour'>) => ({
  client_id: clientId,
  credential_id: credentialId,
  audience,
  tokens,
  scopes: Object.fromEntries(scopes),
})

export const addUsageRoutes = (app: FastifyInstance, { storage, cursors, clock, flushUsage }: AdminDeps): void => {
  const filterOf = (query: UsageQuery) => {
    const now = clock.epochSeconds()
    const { client_id: clientId, audience, from = now - daySeconds, to = now + 1 } = query
    return { clientId, audience, from, to }
  }
  /** A cursor goes with the filter it was given for; times that were not given move on, and need not be the same. */
  const listName = (list: string, { client_id, audience, from, to }: UsageQuery) =>
    [list, client_id, audience, from, to].join(' ')

  addAdminRoute<{ Querystring: UsageQuery }>(app, {
    method: 'GET',
    url: '/usage',
    scope: 'admin:usage:read',
    operationId: 'listUsage',
    summary: 'List tokens issued, by client, hour, credential and API',
    schema: { querystring: usageQuery },
    success: { status: 200, description: 'A page of usage', body: pageOf(issuedDocument) },
    async handler({ query }) {
      await flushUsage()
      const list = listName('usage', query)
      const found = await storage.usage.list(filterOf(query), cursors.request(list, query))
      const page = cursors.page(list, found, { limit: query.limit ?? pageLimits.default, keyOf: usageKey })
      return { ...page, items: page.items.map((issued) => ({ ...toDocument(issued), hour: issued.hour })) }
    },
  })

  addAdminRoute<{ Querystring: UsageQuery }>(app, {
    method: 'GET',
    url: '/usage/summary',
    scope: 'admin:usage:read',
    operationId: 'summarizeUsage',
    summary: 'Sum up tokens issued, by client, credential and API',
    schema: { querystring: usageQuery },
    success: { status: 200, description: 'A page of sums', body: pageOf(sumDocument) },
    async handler({ query }) {
      await flushUsage()
      const list = listName('usage summary', query)
      const found = await storage.usage.sum(filterOf(query), cursors.request(list, query))
      const page = cursors.page(list, found, { limit: query.limit ?? pageLimits.default, keyOf: usageSumKey })
      return { ...page, items: page.items.map((sum: UsageSum) => ({ ...toDocument(sum), last_hour: sum.lastHour })) }
    },
  })

  addAdminRoute<{ Params: FromSchema<typeof clientParams> }>(app, {
    method: 'GET',
    url: '/clients/:client_id/scope-uses',
    scope: 'admin:usage:read',
    operationId: 'listScopeUses',
    summary: 'List every scope that a client is granted, and when it was last used',
    schema: { params: clientParams },
    success: { status: 200, description: 'All granted scopes', body: pageOf(scopeUseDocument) },
    async handler({ params }) {
      await flushUsage()
      const { grants } = await resolveClient(storage, params.client_id)
      const uses = await storage.usage.scopeUses(params.client_id)
      const lastUses = new Map(uses.map((use) => [`${use.audience} ${use.scope}`, use.lastUsedAt]))
      const items = grants.flatMap((grant) =>
        grant.scopes.map((scope) => {
          const lastUsedAt = lastUses.get(`${grant.audience} ${scope}`) ?? 0
          const granted = { audience: grant.audience, scope, granted_at: grant.updatedAt }
          return lastUsedAt < grant.createdAt ? granted : { ...granted, last_used_at: lastUsedAt }
        }),
      )
      return { items }
    },
  })
}
