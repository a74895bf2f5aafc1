/** Findings: what somebody should look at, with its evidence and the command that cures it. */
import type { FastifyInstance } from 'fastify'
import { type Finding, findingKinds, type Severity, severities } from '../findings/finding.ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { type PageQuery, pageLimits } from './page_cursor.ts'
import { audience, clientId, epochSeconds, pageOf, pageQuery, scopeToken } from './schemas.ts'

const severity = { type: 'string', enum: severities } as const
const kind = { type: 'string', enum: Object.keys(findingKinds) } as const

const findingsQuery = {
  ...pageQuery,
  properties: {
    ...pageQuery.properties,
    client_id: clientId,
    kind,
    severity: { ...severity, description: 'This, and what is graver.' },
  },
} as const

type FindingsQuery = PageQuery & {
  readonly client_id?: string
  readonly kind?: string
  readonly severity?: Severity
}

const findingDocument = {
  type: 'object',
  required: ['id', 'kind', 'severity', 'evidence', 'command'],
  properties: {
    id: { type: 'string', description: 'Stable: the kind and what it is about.' },
    kind,
    severity,
    client_id: clientId,
    credential_id: { type: 'string' },
    audience,
    scope: scopeToken,
    evidence: { type: 'string', description: 'In words and numbers.' },
    since: epochSeconds,
    command: { type: 'string', description: 'What to run, or to look at first.' },
  },
} as const

const page = pageOf(findingDocument)
const findingsPage = {
  ...page,
  required: [...page.required, 'computed_at', 'truncated'],
  properties: {
    ...page.properties,
    computed_at: { ...epochSeconds, description: 'At most a minute ago; now, when something was changed since.' },
    truncated: { type: 'boolean', description: 'There is more than is looked at: 200,000 clients, 20,000 findings.' },
  },
} as const

const toDocument = ({
  id,
  kind,
  severity,
  clientId,
  credentialId,
  audience,
  scope,
  evidence,
  since,
  command,
}: Finding) => ({
  id,
  kind,
  severity,
  client_id: clientId,
  credential_id: credentialId,
  audience,
  scope,
  evidence,
  since,
  command,
})

export const addFindingRoutes = (app: FastifyInstance, { findings, cursors }: AdminDeps): void => {
  addAdminRoute<{ Querystring: FindingsQuery }>(app, {
    method: 'GET',
    url: '/findings',
    scope: 'admin:findings:read',
    operationId: 'listFindings',
    summary: 'List findings, the gravest first',
    schema: { querystring: findingsQuery },
    success: { status: 200, description: 'A page of findings', body: findingsPage },
    async handler({ query }) {
      const { findings: all, computedAt, truncated } = await findings.current()
      const least = severities.indexOf(query.severity ?? 'info')
      const wanted = all.filter(
        (found) =>
          severities.indexOf(found.severity) >= least &&
          (query.kind === undefined || found.kind === query.kind) &&
          (query.client_id === undefined || found.clientId === query.client_id),
      )
      const list = `findings ${query.client_id ?? ''} ${query.kind ?? ''} ${query.severity ?? ''}`
      const { after, limit } = cursors.request(list, query)
      // one that has gone meanwhile is not found, and the list begins again: better twice than not at all
      const start = after === undefined ? 0 : wanted.findIndex(({ id }) => id === after) + 1
      const found = wanted.slice(start, start + limit)
      const shown = cursors.page(list, found, { limit: query.limit ?? pageLimits.default, keyOf: ({ id }) => id })
      return { ...shown, items: shown.items.map(toDocument), computed_at: computedAt, truncated }
    },
  })
}
