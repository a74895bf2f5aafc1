/** A planned change as the management API shows it and as the audit log keeps it. Wire names. */
import { type Administration, subjectOf } from '../admin/administer.ts'
import type { ApplyOutcome } from './apply_declaration.ts'
import { toClientEntry, toCredentialEntry, toFullApiEntry, toGrantEntry } from './entries.ts'
import type { PlannedChange } from './plan_changes.ts'

const actionOf = ({ before, after }: PlannedChange): 'create' | 'update' | 'delete' => {
  if (before === undefined) return 'create'
  return after === undefined ? 'delete' : 'update'
}

/** The same words as for the single change. */
export const administrationOf = (change: PlannedChange): Administration => {
  const { audience = '', client_id = '', credential_id } = keysOf(change)
  switch (change.kind) {
    case 'api':
      return { action: `api.${actionOf(change)}`, subject: subjectOf`apis/${audience}` }
    case 'client':
      return { action: `client.${actionOf(change)}`, subject: subjectOf`clients/${client_id}` }
    case 'grant':
      return {
        action: change.after === undefined ? 'grant.remove' : 'grant.set',
        subject: subjectOf`clients/${client_id}/grants/${audience}`,
      }
    case 'credential':
      return {
        action: change.after === undefined ? 'credential.revoke' : 'credential.add',
        subject:
          credential_id === undefined
            ? subjectOf`clients/${client_id}/credentials`
            : subjectOf`clients/${client_id}/credentials/${credential_id}`,
      }
  }
}

export const detailsOf = (change: PlannedChange): { readonly before?: object; readonly after?: object } => {
  switch (change.kind) {
    case 'api':
      return show(change, toFullApiEntry)
    case 'client':
      return show(change, toClientEntry)
    case 'grant':
      return show(change, toGrantEntry)
    case 'credential':
      return show(change, toCredentialEntry)
  }
}

const show = <T>(
  { before, after }: { readonly before: T | undefined; readonly after: T | undefined },
  toEntry: (value: T) => object,
) => ({
  ...(before !== undefined && { before: toEntry(before) }),
  ...(after !== undefined && { after: toEntry(after) }),
})

interface Keys {
  readonly client_id?: string
  readonly audience?: string
  readonly credential_id?: string
}

/** What says which one it is. */
const keysOf = (change: PlannedChange): Keys => {
  const entry = change.after ?? change.before
  return {
    ...(entry !== undefined && 'clientId' in entry && { client_id: entry.clientId }),
    ...(entry !== undefined && 'audience' in entry && { audience: entry.audience }),
    ...(entry !== undefined &&
      'credentialId' in entry &&
      entry.credentialId !== undefined && { credential_id: entry.credentialId }),
  }
}

const memberValue = { description: 'As it stands in the file. Absent: nothing.' } as const

export const outcomeDocument = {
  type: 'object',
  required: ['applied', 'changes', 'adopted', 'clients_without_credential'],
  properties: {
    applied: {
      type: 'boolean',
      description: 'Whether something was written: false for a dry run, and where nothing differs.',
    },
    changes: {
      type: 'array',
      description: 'In the order in which they are made.',
      items: {
        type: 'object',
        required: ['action', 'kind', 'members'],
        properties: {
          action: { type: 'string', enum: ['create', 'update', 'delete'] },
          kind: { type: 'string', enum: ['api', 'client', 'grant', 'credential'] },
          client_id: { type: 'string' },
          audience: { type: 'string' },
          credential_id: { type: 'string', description: 'Of a credential that is removed.' },
          members: {
            type: 'array',
            items: {
              type: 'object',
              required: ['member'],
              properties: { member: { type: 'string' }, before: memberValue, after: memberValue },
            },
          },
        },
      },
    },
    adopted: {
      type: 'object',
      description: 'What the document speaks of for the first time: from now on prune may delete it.',
      required: ['apis', 'clients'],
      properties: {
        apis: { type: 'array', items: { type: 'string' } },
        clients: { type: 'array', items: { type: 'string' } },
      },
    },
    clients_without_credential: {
      type: 'array',
      items: { type: 'string' },
      description: 'Declared clients that cannot ask for a token yet.',
    },
  },
} as const

export const toOutcomeDocument = (outcome: ApplyOutcome, { dryRun }: { readonly dryRun: boolean }) => ({
  applied: !dryRun && outcome.changes.length > 0,
  changes: outcome.changes.map((change) => ({
    action: actionOf(change),
    kind: change.kind,
    ...keysOf(change),
    members: change.members,
  })),
  adopted: outcome.adopted,
  clients_without_credential: outcome.withoutCredential,
})
