/** The management API's declarative side: one document in, a plan carried out; and everything out as such a document. */
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import type { AdminDeps } from '../admin/admin_deps.ts'
import { addAdminRoute } from '../admin/admin_route.ts'
import type { ApplyDeclaration } from './apply_declaration.ts'
import { outcomeDocument, toOutcomeDocument } from './describe_change.ts'
import { exportEntries } from './entries.ts'
import { declarativeSchema } from './schema.ts'

const applyRequest = {
  type: 'object',
  required: ['document'],
  additionalProperties: false,
  properties: {
    document: {
      type: 'object',
      description:
        'APIs and clients as they should be; its schema is docs/reference/declarative.schema.json. Every fault is listed at once.',
    },
    dry_run: { type: 'boolean', description: 'Only say what would change. Needs no scope for writing.' },
    prune: {
      type: 'boolean',
      description:
        'Delete what an earlier document declared and this one does not. What none declared is never touched.',
    },
    force: { type: 'boolean', description: 'Even where the caller would lose what it calls with.' },
  },
} as const

const exported = { type: 'object', required: ['apis', 'clients'], properties: declarativeSchema.properties } as const

export const maxDocumentBytes = 4 * 1024 * 1024

export const addDeclarativeRoutes = (
  app: FastifyInstance,
  { storage, applyDeclaration }: Pick<AdminDeps, 'storage'> & { readonly applyDeclaration: ApplyDeclaration },
): void => {
  addAdminRoute<{ Body: FromSchema<typeof applyRequest> }>(app, {
    method: 'POST',
    url: '/apply',
    scope: 'admin:declarative:read',
    operationId: 'applyDeclaration',
    summary: 'Bring about what a declarative document says; each change needs the scope of the single change besides',
    schema: { body: applyRequest },
    bodyLimit: maxDocumentBytes,
    success: { status: 200, description: 'What was changed, or would be', body: outcomeDocument },
    async handler({ body, caller }) {
      const { document, dry_run: dryRun = false, prune = false, force = false } = body
      return toOutcomeDocument(await applyDeclaration(caller, { document, dryRun, prune, force }), { dryRun })
    },
  })

  addAdminRoute(app, {
    method: 'GET',
    url: '/export',
    scope: 'admin:declarative:read',
    operationId: 'exportDeclaration',
    summary: 'Everything that a declarative document can say, as one; without secrets, in a stable order',
    schema: {},
    success: { status: 200, description: 'The document', body: exported },
    handler: () => exportEntries(storage),
  })
}
