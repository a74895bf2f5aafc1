/** Compares what should be with what is, and plans the changes between them: a pure function. */
import { missingScopes } from '@credence/protocol'
import { adminAudience } from '../admin/admin_scopes.ts'
import { isSameMaterial } from '../admin/credential_material.ts'
import type {
  CurrentClient,
  CurrentState,
  Declaration,
  DeclaredApi,
  DeclaredClient,
  DeclaredCredential,
  DeclaredGrant,
} from './declaration.ts'
import type { Fault } from './fault.ts'
import {
  apiMembers,
  clientMembers,
  compareMembers,
  credentialMembers,
  grantMembers,
  type MemberChange,
} from './members.ts'
import { checkGrantedScopes } from './parse_declaration.ts'

/** Without `before` it is created, without `after` it is deleted. */
interface Between<Kind, T> {
  readonly kind: Kind
  readonly before: T | undefined
  readonly after: T | undefined
  /** What differs, in the words of the file. */
  readonly members: readonly MemberChange[]
}

export type ApiChange = Between<'api', DeclaredApi>
export type ClientChange = Between<'client', DeclaredClient>
export type GrantChange = Between<'grant', DeclaredGrant>
/** Added or removed, never changed. */
export type CredentialChange = Between<'credential', DeclaredCredential>
export type PlannedChange = ApiChange | ClientChange | GrantChange | CredentialChange

export interface Plan {
  /** In an order in which each can be made: nothing refers to what is not there yet, or not there any more. */
  readonly changes: readonly PlannedChange[]
  /** What stands in the declaration and is not marked as declared yet. */
  readonly adopted: { readonly apis: readonly string[]; readonly clients: readonly string[] }
}

export interface PlanOptions {
  /** Whether what was declared before, and is not any more, is deleted. */
  readonly prune: boolean
}

/**
 * Plans what has to change. Members that a declaration leaves out take their defaults, `disabled` alone stays as it is.
 *
 * Does not check: references, see {@link findUnknownReferences}.
 */
export const planChanges = (declaration: Declaration, current: CurrentState, { prune }: PlanOptions): Plan => {
  const audiences = new Set(declaration.apis.map(({ value }) => value.audience))
  const clientIds = new Set(declaration.clients.map(({ value }) => value.clientId))
  const isGone = (declared: ReadonlySet<string>, kept: ReadonlySet<string>) => (key: string) =>
    prune && declared.has(key) && !kept.has(key)
  const goneApis = [...current.apis].filter(([audience]) => isGone(current.declared.apis, audiences)(audience))
  const goneClients = [...current.clients].filter(([id]) => isGone(current.declared.clients, clientIds)(id))
  const grants = planGrants(declaration, current)
  const credentials = planCredentials(declaration, current)

  return {
    changes: [
      ...declaration.apis.map(({ value }) => betweenApis(current.apis.get(value.audience), value)),
      ...declaration.clients.map(({ value }) => planClient(value, current.clients.get(value.clientId))),
      ...grants.filter(({ after }) => after === undefined),
      ...grants.filter(({ after }) => after !== undefined),
      // first what is new, so that a client is never without what it authenticates with
      ...credentials.filter(({ after }) => after !== undefined),
      ...credentials.filter(({ after }) => after === undefined),
      ...goneClients.map(([, { client }]) => betweenClients(client, undefined)),
      ...goneApis.map(([, api]) => betweenApis(api, undefined)),
    ].filter(({ before, after, members }) => before === undefined || after === undefined || members.length > 0),
    adopted: {
      apis: [...audiences].filter((audience) => !current.declared.apis.has(audience)),
      clients: [...clientIds].filter((clientId) => !current.declared.clients.has(clientId)),
    },
  }
}

const betweenApis = (before: DeclaredApi | undefined, after: DeclaredApi | undefined): ApiChange => ({
  kind: 'api',
  before,
  after,
  members: compareMembers(apiMembers, before, after),
})

const betweenClients = (before: DeclaredClient | undefined, after: DeclaredClient | undefined): ClientChange => ({
  kind: 'client',
  before,
  after,
  members: compareMembers(clientMembers, before, after),
})

const betweenGrants = (before: DeclaredGrant | undefined, after: DeclaredGrant | undefined): GrantChange => ({
  kind: 'grant',
  before,
  after,
  members: compareMembers(grantMembers, before, after),
})

const planClient = (declared: DeclaredClient, stored: CurrentClient | undefined): ClientChange =>
  betweenClients(stored?.client, { ...declared, disabled: declared.disabled ?? stored?.client.disabled ?? false })

const grantKey = ({ clientId, audience }: DeclaredGrant): string => JSON.stringify([clientId, audience])

const planGrants = ({ clients, grants }: Declaration, current: CurrentState): readonly GrantChange[] => {
  const stored = clients.flatMap(({ value }) => current.clients.get(value.clientId)?.grants ?? [])
  const before = new Map(stored.map((grant) => [grantKey(grant), grant]))
  const after = new Map(grants.map(({ value }) => [grantKey(value), value]))
  return [...new Set([...before.keys(), ...after.keys()])].map((key) => betweenGrants(before.get(key), after.get(key)))
}

const planCredentials = ({ clients, credentials }: Declaration, current: CurrentState): readonly CredentialChange[] => {
  const stored = clients.flatMap(({ value }) => current.clients.get(value.clientId)?.credentials ?? [])
  const isAmong = (list: readonly DeclaredCredential[], one: DeclaredCredential) =>
    list.some((other) => other.clientId === one.clientId && isSameMaterial(other.material, one.material))
  return [
    ...credentials.filter((one) => !isAmong(stored, one)).map((one) => betweenCredentials(undefined, one)),
    ...stored.filter((one) => !isAmong(credentials, one)).map((one) => betweenCredentials(one, undefined)),
  ]
}

const betweenCredentials = (
  before: DeclaredCredential | undefined,
  after: DeclaredCredential | undefined,
): CredentialChange => ({
  kind: 'credential',
  before,
  after,
  members: compareMembers(credentialMembers, before, after),
})

/** Faults where something refers to an API, or to scopes of one, that will not be there once the plan is carried out. */
export const findUnknownReferences = (
  { clients, grants, mentioned }: Declaration,
  current: CurrentState,
  plan: Plan | undefined,
): readonly Fault[] => {
  const gone = new Set(
    plan?.changes.map((change) => (change.kind === 'api' && !change.after ? change.before?.audience : undefined)),
  )
  const find = (audience: string): DeclaredApi | undefined =>
    gone.has(audience) ? undefined : current.apis.get(audience)
  const unknown = (pointer: string, audience: string): readonly Fault[] =>
    find(audience) !== undefined
      ? []
      : [{ pointer, detail: `there is no API ${audience}, neither here nor on the server` }]

  return [
    ...grants
      // of an API that is in the document, the document alone has told
      .filter(({ value }) => !mentioned.has(value.audience))
      .flatMap(({ pointer, value }) => [
        ...unknown(`${pointer}/audience`, value.audience),
        ...checkGrantedScopes(find(value.audience), pointer, value),
      ]),
    ...clients.flatMap(({ pointer, value }) =>
      value.serves.flatMap((audience, index) => {
        const at = `${pointer}/serves/${index}`
        if (audience === adminAudience)
          return [{ pointer: at, detail: `${adminAudience} is served by Credence itself` }]
        return mentioned.has(audience) ? [] : unknown(at, audience)
      }),
    ),
  ]
}

/** What in a plan would take from its own caller what it was made with. In words. */
export const findLockOut = (plan: Plan, callerId: string): string | undefined => {
  const reason = plan.changes.map((change) => lockOutBy(change, callerId)).find((found) => found !== undefined)
  return reason && `${reason}, and it is the client that this call is made with; --force does it all the same`
}

const lockOutBy = (change: PlannedChange, callerId: string): string | undefined => {
  if (change.kind === 'api' || change.before?.clientId !== callerId) return undefined
  if (change.kind === 'client') {
    if (change.after === undefined) return `${callerId} would be deleted`
    return change.after.disabled === true && change.before.disabled !== true
      ? `${callerId} would be disabled`
      : undefined
  }
  if (change.kind === 'credential') return undefined
  const lost = missingScopes(change.before.scopes, change.after?.scopes ?? [])
  return change.before.audience === adminAudience && lost.length > 0
    ? `${callerId} would lose ${lost.join(' ')}`
    : undefined
}
