/** A store of its own for property tests: it carries a plan out step by step and refuses what a database would refuse. */
import assert from 'node:assert/strict'
import type { CurrentClient, CurrentState, DeclaredApi } from '../declaration.ts'
import type { Plan, PlannedChange } from '../plan_changes.ts'

export const emptyState: CurrentState = {
  apis: new Map(),
  clients: new Map(),
  declared: { apis: new Set(), clients: new Set() },
}

interface Growing {
  readonly apis: Map<string, DeclaredApi>
  readonly clients: Map<string, CurrentClient>
}

/** @throws {AssertionError} when a step refers to what is not there at that moment */
export const carryOut = (plan: Plan, current: CurrentState): CurrentState => {
  const state = { apis: new Map(current.apis), clients: new Map(current.clients) }
  for (const change of plan.changes) carryOutOne(change, state)
  const declared = {
    apis: new Set([...current.declared.apis, ...plan.adopted.apis].filter((key) => state.apis.has(key))),
    clients: new Set([...current.declared.clients, ...plan.adopted.clients].filter((key) => state.clients.has(key))),
  }
  return { ...state, declared }
}

const carryOutOne = ({ kind, before, after }: PlannedChange, { apis, clients }: Growing): void => {
  if (kind === 'api') {
    const audience = (after ?? before)?.audience ?? ''
    assert.equal(apis.has(audience), before !== undefined)
    if (after !== undefined) apis.set(audience, after)
    else {
      const granted = [...clients.values()].some(({ grants }) => grants.some((grant) => grant.audience === audience))
      assert.ok(!granted, `${audience} is deleted while it is granted`)
      apis.delete(audience)
    }
    return
  }
  const clientId = (after ?? before)?.clientId ?? ''
  const stored = clients.get(clientId)
  if (kind === 'client') {
    assert.equal(stored !== undefined, before !== undefined)
    if (after === undefined) clients.delete(clientId)
    else clients.set(clientId, { grants: [], credentials: [], hasSecret: false, ...stored, client: after })
    return
  }
  assert.ok(stored, `${clientId} is given something before it is there`)
  if (kind === 'credential') {
    const others = stored.credentials.filter((credential) => credential !== before)
    assert.equal(others.length < stored.credentials.length, before !== undefined)
    const made = after && { ...after, credentialId: 'made' }
    clients.set(clientId, { ...stored, credentials: made === undefined ? others : [...others, made] })
    return
  }
  const others = stored.grants.filter(({ audience }) => audience !== (after ?? before)?.audience)
  if (after !== undefined) {
    const known = apis.get(after.audience)?.scopes ?? []
    assert.ok(after.scopes.every((scope) => known.includes(scope)))
  }
  clients.set(clientId, { ...stored, grants: after === undefined ? others : [...others, after] })
}
