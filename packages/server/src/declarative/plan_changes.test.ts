import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { CurrentState } from './declaration.ts'
import { toApiEntry, toEntryWithGrants } from './entries.ts'
import { parseDeclaration } from './parse_declaration.ts'
import { findLockOut, findUnknownReferences, planChanges } from './plan_changes.ts'
import { arbitraryDocument, arbitraryState } from './testing/arbitrary_documents.ts'
import { carryOut, emptyState } from './testing/states.ts'
import { testContext, testKeys } from './testing/test_keys.ts'

const declarationOf = (document: unknown) => {
  const { declaration, faults } = parseDeclaration(document, testContext)
  assert.deepEqual(faults, [])
  return declaration
}

const planFor = (document: unknown, current: CurrentState = emptyState, prune = false) =>
  planChanges(declarationOf(document), current, { prune })

const prune = fc.boolean()
const nothing = { changes: [], adopted: { apis: [], clients: [] } }

/** Whether a database would let go of every API: none is granted to a client that nobody declared. */
const isPrunable = (document: { readonly apis: readonly { readonly audience: string }[] }, current: CurrentState) => {
  const kept = new Set(document.apis.map(({ audience }) => audience))
  const gone = [...current.declared.apis].filter((audience) => !kept.has(audience))
  return [...current.clients].every(
    ([clientId, { grants }]) =>
      current.declared.clients.has(clientId) || grants.every(({ audience }) => !gone.includes(audience)),
  )
}

describe('planChanges', () => {
  it('property: what has been carried out leaves nothing to do, and each step finds what it refers to', () => {
    fc.assert(
      fc.property(arbitraryDocument, arbitraryState, prune, (document, current, prune) => {
        fc.pre(!prune || isPrunable(document, current))
        const plan = planFor(document, current, prune)
        const after = carryOut(plan, current)
        assert.deepEqual(planFor(document, after, prune), nothing)
      }),
    )
  })

  it('property: a state exported and applied is as it was', () => {
    fc.assert(
      fc.property(arbitraryState, prune, (current, prune) => {
        const exported = {
          apis: [...current.apis.values()].map(toApiEntry),
          clients: [...current.clients.values()].map(toEntryWithGrants),
        }
        assert.deepEqual(planFor(exported, current, prune).changes, [])
        // and elsewhere it makes the same
        const elsewhere = carryOut(planFor(exported), emptyState)
        assert.deepEqual([...elsewhere.apis.values()].map(toApiEntry), exported.apis)
        assert.deepEqual([...elsewhere.clients.values()].map(toEntryWithGrants), exported.clients)
      }),
    )
  })

  it('property: only what was declared before and is not any more is deleted, and only with prune', () => {
    fc.assert(
      fc.property(arbitraryDocument, arbitraryState, prune, (document, current, prune) => {
        const named = new Set([
          ...document.apis.map(({ audience }) => audience),
          ...document.clients.map(({ client_id }) => client_id),
        ])
        const deleted = planFor(document, current, prune).changes.flatMap(({ kind, before, after }) => {
          if (kind === 'grant' || kind === 'credential' || after !== undefined || before === undefined) return []
          return [kind === 'api' ? before.audience : before.clientId]
        })
        const declared = [...current.declared.apis, ...current.declared.clients]
        assert.deepEqual(deleted.toSorted(), (prune ? declared.filter((key) => !named.has(key)) : []).toSorted())
      }),
    )
  })

  it('property: every change says what differs, and nothing that does not', () => {
    fc.assert(
      fc.property(arbitraryDocument, arbitraryState, (document, current) => {
        for (const { before, after, members } of planFor(document, current).changes) {
          if (before !== undefined && after !== undefined) assert.ok(members.length > 0)
          for (const { before: was, after: is } of members) assert.notDeepEqual(was, is)
        }
      }),
    )
  })

  const client = { client_id: 'job', grants: [{ audience: 'urn:api', scopes: ['read'] }] }
  const document = { apis: [{ audience: 'urn:api', scopes: ['write', 'read'] }], clients: [client] }

  it('says of an update what was and what will be, in the words of the file', () => {
    const current = carryOut(planFor(document), emptyState)
    const changed = { ...document, apis: [{ audience: 'urn:api', scopes: ['read'], token_ttl: '300s' }] }
    assert.deepEqual(
      planFor(changed, current).changes.map(({ members }) => members),
      [
        [
          { member: 'scopes', before: ['read', 'write'], after: ['read'] },
          { member: 'token_ttl', before: '10m', after: '5m' },
        ],
      ],
    )
  })

  it('an emergency stop outlasts a file that does not speak of it, and ends where the file says so', () => {
    const current = carryOut(planFor({ ...document, clients: [{ ...client, disabled: true }] }), emptyState)
    assert.deepEqual(planFor(document, current).changes, [])
    const [change] = planFor({ ...document, clients: [{ ...client, disabled: false }] }, current).changes
    assert.deepEqual(change?.members, [{ member: 'disabled', before: true }])
  })

  it('a member that the file does not say any more takes its default; a grant that it does not say is taken away', () => {
    const named = { ...document, clients: [{ ...client, client_name: 'Job', quota: { tokens_per_minute: 5 } }] }
    const current = carryOut(planFor(named), emptyState)
    assert.deepEqual(
      planFor({ clients: [{ client_id: 'job' }] }, current).changes.map(({ kind, after, members }) => ({
        kind,
        gone: after === undefined,
        members: members.map(({ member }) => member),
      })),
      [
        { kind: 'client', gone: false, members: ['client_name', 'quota'] },
        { kind: 'grant', gone: true, members: ['scopes'] },
      ],
    )
  })

  it('of a key that is replaced the new one comes before the old one goes; what is not declared, a secret apart, goes', () => {
    const keyed = (...keys: readonly object[]) => ({
      ...document,
      clients: [{ ...client, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } }],
    })
    const [first = {}, second = {}] = testKeys
    const current = carryOut(planFor(keyed(first)), emptyState)
    assert.deepEqual(planFor(keyed(first), current), nothing)
    const changes = planFor(keyed(second), current).changes
    assert.deepEqual(
      changes.map(({ kind, before, after }) => [kind, before !== undefined, after !== undefined]),
      [
        ['credential', false, true],
        ['credential', true, false],
      ],
    )
    assert.match(String(changes[0]?.members[0]?.after), /assertion signed with its key 2026-11, whose thumbprint is/)
    assert.deepEqual(
      planFor(document, current).changes.map(({ kind, after }) => [kind, after !== undefined]),
      [
        ['client', true],
        ['credential', false],
      ],
    )
  })

  it('a grant on an API that is neither here nor there, or that is about to be pruned, is a fault', () => {
    const faultsFor = (found: unknown, current: CurrentState, prune: boolean) => {
      const declaration = declarationOf(found)
      return findUnknownReferences(declaration, current, planChanges(declaration, current, { prune }))
    }
    const current = carryOut(planFor(document), emptyState)
    const onlyClients = { clients: [client] }
    assert.deepEqual(faultsFor(onlyClients, current, false), [])
    for (const faults of [faultsFor(onlyClients, emptyState, false), faultsFor(onlyClients, current, true)])
      assert.deepEqual(
        faults.map(({ pointer }) => pointer),
        ['/clients/0/grants/0/audience'],
      )
    const wrongScope = { clients: [{ client_id: 'job', grants: [{ audience: 'urn:api', scopes: ['nope'] }] }] }
    assert.match(faultsFor(wrongScope, current, false)[0]?.detail ?? '', /no such scope: nope; it has:/)
  })

  it('sees that a plan would take from its caller what it calls with', () => {
    const admin = { client_id: 'ci', grants: [{ audience: 'urn:credence:admin', scopes: ['a', 'b'] }] }
    const current = carryOut(
      { changes: [], adopted: { apis: [], clients: ['ci'] } },
      {
        ...emptyState,
        clients: new Map([
          [
            'ci',
            {
              client: declarationOf({ clients: [{ client_id: 'ci' }] }).clients[0]?.value ?? assert.fail(),
              grants: [{ clientId: 'ci', audience: 'urn:credence:admin', scopes: ['a', 'b'] }],
              credentials: [],
              hasSecret: true,
            },
          ],
        ]),
      },
    )
    const lockOut = (found: unknown, prune = false) => findLockOut(planFor(found, current, prune), 'ci')
    assert.equal(lockOut({ clients: [{ ...admin, client_name: 'CI' }] }), undefined)
    assert.match(lockOut({ clients: [{ client_id: 'ci' }] }) ?? '', /would lose a b/)
    assert.match(lockOut({ clients: [{ ...admin, disabled: true }] }) ?? '', /would be disabled/)
    assert.match(lockOut({ clients: [] }, true) ?? '', /would be deleted/)
    assert.equal(findLockOut(planFor({ clients: [] }, current, true), 'other'), undefined)
  })
})
