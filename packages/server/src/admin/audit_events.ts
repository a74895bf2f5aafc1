/** The audit log over the management API: its records, the checkpoints that sign them, the key to verify those. */
import { pruneAction } from '@credence/storage'
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import { toAuditDocument, toCheckpointDocument } from '../audit/audit_document.ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { pageLimits } from './page_cursor.ts'
import { Problem } from './problem.ts'
import { epochSeconds, pageOf, pageQuery } from './schemas.ts'

const seq = { type: 'integer', minimum: 1, description: 'The number of a record.' } as const
const hash = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const
const filter = { type: 'string', minLength: 1, maxLength: 2048, pattern: '^[!-~]+$' } as const
const after = { type: 'integer', minimum: 0, description: 'What comes behind the record of this number.' } as const

const eventQuery = {
  ...pageQuery,
  properties: {
    ...pageQuery.properties,
    after,
    order: { type: 'string', enum: ['newest_first', 'oldest_first'], default: 'newest_first' },
    from: epochSeconds,
    until: { ...epochSeconds, description: 'Epoch seconds, exclusive.' },
    action: { ...filter, description: 'An action, or what comes before its dot: client.' },
    subject: { ...filter, description: 'A path below /admin/v1/, with all that is below it: clients/job.' },
    actor: { ...filter, description: 'local, server, anonymous, client:ID or claimed:ID.' },
  },
} as const

const eventDocument = {
  type: 'object',
  required: ['seq', 'at', 'action', 'subject', 'actor', 'outcome', 'details', 'hash'],
  properties: {
    seq,
    at: epochSeconds,
    action: { type: 'string' },
    subject: { type: 'string', description: 'Its path below /admin/v1/.' },
    actor: { type: 'string' },
    credential_id: { type: 'string' },
    address: { type: 'string' },
    outcome: { type: 'string', enum: ['done', 'refused'] },
    details: { type: 'object' },
    hash,
  },
} as const

const checkpointQuery = { ...pageQuery, properties: { ...pageQuery.properties, after } } as const

const checkpointDocument = {
  type: 'object',
  required: ['seq', 'hash', 'at', 'signature'],
  properties: { seq, hash, at: epochSeconds, signature: { type: 'string' } },
} as const

const keyDocument = {
  type: 'object',
  required: ['kty', 'crv', 'x'],
  properties: { kty: { type: 'string' }, crv: { type: 'string' }, x: { type: 'string' } },
} as const

const pruning = {
  type: 'object',
  required: ['through'],
  additionalProperties: false,
  properties: { through: seq },
} as const

export const addAuditRoutes = (app: FastifyInstance, deps: AdminDeps): void => {
  const { storage, administer, auditKey, cursors } = deps

  addAdminRoute<{ Querystring: FromSchema<typeof eventQuery> }>(app, {
    method: 'GET',
    url: '/audit-events',
    scope: 'admin:audit:read',
    operationId: 'listAuditEvents',
    summary: 'List what the audit log has, newest first unless asked otherwise',
    schema: { querystring: eventQuery },
    success: { status: 200, description: 'A page of records', body: pageOf(eventDocument) },
    async handler({ query: { limit = pageLimits.default, cursor, after, order = 'newest_first', ...filters } }) {
      const list = `audit events ${order}`
      const page = cursors.request(list, { limit, ...(cursor !== undefined && { cursor }) })
      const behind = page.after === undefined ? after : Number(page.after)
      const found = await storage.auditEvents.list({
        ...filters,
        limit: page.limit,
        order,
        ...(behind !== undefined && { after: behind }),
      })
      return cursors.page(list, found.map(toAuditDocument), { limit, keyOf: (record) => String(record.seq) })
    },
  })

  addAdminRoute<{ Body: FromSchema<typeof pruning> }>(app, {
    method: 'POST',
    url: '/audit-events/prune',
    scope: 'admin:audit:write',
    operationId: 'pruneAuditEvents',
    summary: 'Delete the oldest records, up to the last checkpoint at or before a record; export them first',
    schema: { body: pruning },
    success: { status: 200, description: 'The last record that was deleted', body: pruning },
    handler: ({ body, caller }) =>
      administer(caller, { action: pruneAction, subject: 'audit-events' }, async (stores) => {
        const through = await stores.auditEvents.prune(body.through)
        if (through === undefined) {
          throw new Problem('not_found', `there is no checkpoint at or before ${body.through} to prune to`)
        }
        return { details: { through }, result: { through } }
      }),
  })

  addAdminRoute<{ Querystring: FromSchema<typeof checkpointQuery> }>(app, {
    method: 'GET',
    url: '/audit-checkpoints',
    scope: 'admin:audit:read',
    operationId: 'listAuditCheckpoints',
    summary: 'List the signed checkpoints of the audit log, oldest first',
    schema: { querystring: checkpointQuery },
    success: { status: 200, description: 'A page of checkpoints', body: pageOf(checkpointDocument) },
    async handler({ query: { limit = pageLimits.default, cursor, after = 0 } }) {
      const page = cursors.request('audit checkpoints', { limit, ...(cursor !== undefined && { cursor }) })
      const found = await storage.auditEvents.checkpoints({ limit: page.limit, after: Number(page.after ?? after) })
      const documents = found.map(toCheckpointDocument)
      return cursors.page('audit checkpoints', documents, { limit, keyOf: (checkpoint) => String(checkpoint.seq) })
    },
  })

  addAdminRoute(app, {
    method: 'GET',
    url: '/audit-checkpoints/key',
    scope: 'admin:audit:read',
    operationId: 'getAuditKey',
    summary: 'Get the public key that verifies checkpoints. RFC 8037',
    schema: {},
    success: { status: 200, description: 'A public JWK', body: keyDocument },
    handler: async () => auditKey.publicJwk,
  })
}
