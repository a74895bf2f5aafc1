/** Carries out a declarative document: plan, check what each change needs, write and record all of it, or nothing. */
import type { Clock, Randomness } from '@credence/protocol'
import { type Storage, StoreError, type Stores } from '@credence/storage'
import type { AdminScope } from '../admin/admin_scopes.ts'
import type { AdministerPlan, RecordChange, ServerItself } from '../admin/administer.ts'
import { type Caller, checkNoEscalation, checkScope } from '../admin/caller.ts'
import { Problem } from '../admin/problem.ts'
import type { CurrentState, Declaration } from './declaration.ts'
import { administrationOf, detailsOf } from './describe_change.ts'
import { type Fault, maxFaults } from './fault.ts'
import { parseDeclaration } from './parse_declaration.ts'
import { findLockOut, findUnknownReferences, type Plan, type PlannedChange, planChanges } from './plan_changes.ts'
import { readCurrentState } from './read_state.ts'
import { writeChange } from './write_change.ts'

export interface ApplyRequest {
  /** As it comes from YAML or JSON. */
  readonly document: unknown
  /** Whether what was declared before, and is not any more, is deleted. */
  readonly prune: boolean
  /** Goes as far as the commit, and then takes everything back: what would be refused is refused. */
  readonly dryRun: boolean
  /** Even where the caller would lose what it calls with. */
  readonly force: boolean
}

export interface ApplyOutcome extends Plan {
  /** Declared clients that cannot ask for a token, because they have no credential. */
  readonly withoutCredential: readonly string[]
}

/** @throws {Problem} `invalid_request` with every fault of the document; `would_lock_out`; and what single changes throw */
export type ApplyDeclaration = (caller: Caller | ServerItself, request: ApplyRequest) => Promise<ApplyOutcome>

export interface ApplyDeclarationDeps {
  /** For reading, and for what is taken back. */
  readonly storage: Storage
  readonly administerPlan: AdministerPlan
  readonly issuer: string
  /** Whether a jwks_uri and a federated issuer may be on loopback and private networks. */
  readonly allowPrivateAddresses: boolean
  readonly clock: Clock
  readonly randomness: Randomness
}

export const createApplyDeclaration = (deps: ApplyDeclarationDeps): ApplyDeclaration => {
  const { storage, administerPlan } = deps
  return async (caller, request) => {
    const parsed = parseDeclaration(request.document, deps)
    const resolvePlan = async (stores: Stores): Promise<Resolved> => {
      const version = await stores.changes.latest()
      const current = await readCurrentState(stores, parsed.declaration)
      const plan = parsed.faults.length > 0 ? undefined : planChanges(parsed.declaration, current, request)
      const faults = [...parsed.faults, ...findUnknownReferences(parsed.declaration, current, plan)]
      if (plan === undefined || faults.length > 0) throw faultyDocument(faults)
      checkNoLockOut(caller, plan, request)
      return { plan, current, version }
    }

    // who has nothing to change keeps no writer waiting
    const resolved = await resolvePlan(storage)
    if (isEmpty(resolved.plan)) return outcomeOf(resolved, parsed.declaration)

    const carryOut = async (stores: Stores, record: RecordChange) => {
      // nobody else writes from here on: what was read before still holds, or is read again
      const isStill = (await stores.changes.latest()) === resolved.version
      const { plan, current } = isStill ? resolved : await resolvePlan(stores)
      if (!request.dryRun) for (const change of plan.changes) checkAllowed(caller, change, current)
      if (!request.dryRun) checkMayAdopt(caller, plan, current)
      const now = deps.clock.epochSeconds()
      const begun = deps.clock.monotonicMs()
      for (const [made, change] of plan.changes.entries()) {
        if (deps.clock.monotonicMs() - begun > maxWritingMs) throw doesNotFit(made, plan)
        const details = await writeChange(change, { ...deps, stores, now }).catch(explainRefusal)
        record(administrationOf(change), { ...detailsOf(change), details })
      }
      await stores.declarations.add(plan.adopted)
      recordAdoption(plan, current, record)
      return outcomeOf({ plan, current }, parsed.declaration)
    }
    return request.dryRun
      ? takeBack(storage, (stores) => carryOut(stores, () => {}))
      : administerPlan(caller, { action: 'declaration.apply', subject: 'declaration' }, carryOut)
  }
}

interface Resolved {
  readonly plan: Plan
  readonly current: CurrentState
  /** Of the change log, before the state was read. */
  readonly version: number
}

/** A transaction that takes ten seconds is rolled back, and then nobody knows why. */
const maxWritingMs = 8_000

const doesNotFit = (made: number, { changes }: Plan): Problem =>
  new Problem(
    'invalid_request',
    `${changes.length} changes do not fit into one transaction on this database: in ${maxWritingMs / 1000} s ${made} were made, and taken back; apply fewer entries at first`,
  )

const isEmpty = ({ changes, adopted }: Plan): boolean =>
  changes.length === 0 && adopted.apis.length === 0 && adopted.clients.length === 0

const outcomeOf = ({ plan, current }: Omit<Resolved, 'version'>, declaration: Declaration): ApplyOutcome => ({
  ...plan,
  withoutCredential: declaration.clients
    .map(({ value }) => value.clientId)
    .filter(
      (clientId) =>
        current.clients.get(clientId)?.hasSecret !== true &&
        !declaration.credentials.some((credential) => credential.clientId === clientId),
    ),
})

const faultyDocument = (faults: readonly Fault[]): Problem => {
  const shown = faults.slice(0, maxFaults)
  const detail = shown.map(({ pointer, detail }) => `${pointer || 'the document'} ${detail}`).join('; ')
  return new Problem('invalid_request', detail, { faults: shown })
}

/** @throws {Problem} `would_lock_out` */
const checkNoLockOut = (caller: Caller | ServerItself, plan: Plan, { force }: ApplyRequest): void => {
  const reason = caller.kind === 'token' && !force ? findLockOut(plan, caller.clientId) : undefined
  if (reason !== undefined) throw new Problem('would_lock_out', reason)
}

const writeScopes = {
  api: 'admin:apis:write',
  client: 'admin:clients:write',
  grant: 'admin:grants:write',
  credential: 'admin:credentials:write',
} as const satisfies Record<PlannedChange['kind'], AdminScope>

/** What the same change needs when it is made alone. @throws {Problem} `insufficient_scope`, `would_escalate` */
const checkAllowed = (caller: Caller | ServerItself, change: PlannedChange, current: CurrentState): void => {
  if (caller.kind === 'server') return
  checkScope(caller, writeScopes[change.kind])
  if (change.kind === 'api') return
  const { clientId } = change.after ?? change.before ?? { clientId: '' }
  const granted = current.clients.get(clientId)?.grants ?? []
  checkNoEscalation(caller, change.kind === 'grant' && change.after ? [...granted, change.after] : granted)
}

/** Who adopts decides what a later prune deletes, so that needs what deleting needs. @throws {Problem} */
const checkMayAdopt = (caller: Caller | ServerItself, { adopted }: Plan, current: CurrentState): void => {
  if (caller.kind === 'server') return
  if (adopted.apis.length > 0) checkScope(caller, writeScopes.api)
  if (adopted.clients.length > 0) checkScope(caller, writeScopes.client)
  for (const clientId of adopted.clients) checkNoEscalation(caller, current.clients.get(clientId)?.grants ?? [])
}

/** What has just been created needs no record of its own that it is declared. */
const recordAdoption = ({ adopted }: Plan, current: CurrentState, record: RecordChange): void => {
  const apis = adopted.apis.filter((audience) => current.apis.has(audience))
  const clients = adopted.clients.filter((clientId) => current.clients.has(clientId))
  if (apis.length + clients.length > 0)
    record({ action: 'declaration.adopt', subject: 'declaration' }, { after: { apis, clients } })
}

const explainRefusal = (error: unknown): never => {
  if (error instanceof StoreError && error.code === 'in_use')
    throw new Problem('in_use', `${error.message}; what refers to it is not declared here, so nothing was changed`)
  throw error
}

/** Runs `work` in a transaction that is never committed. */
const takeBack = async <T>(storage: Storage, work: (stores: Stores) => Promise<T>): Promise<T> => {
  let result: { readonly value: T } | undefined
  const enough = new Error('taken back')
  await storage
    .transaction(async (stores) => {
      result = { value: await work(stores) }
      throw enough
    })
    .catch((error) => {
      if (error !== enough) throw error
    })
  if (result === undefined) throw enough
  return result.value
}
