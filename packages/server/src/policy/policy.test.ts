import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@credence/protocol'
import type { Grant } from '@credence/storage'
import fc from 'fast-check'
import { resolveScope } from './scope.ts'
import { resolveTarget } from './target.ts'

const grant = (audience: string, ...scopes: string[]): Grant => ({
  clientId: 'c',
  audience,
  scopes,
  createdAt: 0,
  updatedAt: 0,
})
const code = (expected: string) => (error: unknown) => error instanceof OAuthError && error.code === expected

const orders = grant('https://orders.example.com', 'orders:read', 'orders:write')
const stock = grant('https://stock.example.com', 'stock:read')

test('RFC 8707 §2: the target is the one named, the only one granted, or the only one with all the scopes', () => {
  const none = { targets: [], scope: undefined }
  assert.equal(resolveTarget({ ...none, targets: [stock.audience] }, [orders, stock]), stock)
  assert.equal(resolveTarget(none, [orders]), orders)
  assert.equal(resolveTarget({ ...none, scope: ['stock:read'] }, [orders, stock]), stock)
  assert.equal(resolveTarget({ ...none, scope: ['not:granted'] }, [orders]), orders)
})

test('RFC 8707 §2: invalid_target when two are named, the one named is not granted, or none can be told', () => {
  const refused: [targets: string[], scope: string[] | undefined, grants: Grant[]][] = [
    [[orders.audience, stock.audience], undefined, [orders, stock]],
    [['https://other.example.com'], undefined, [orders]],
    [[`${orders.audience}/`], undefined, [orders]],
    [[orders.audience.toUpperCase()], undefined, [orders]],
    [['not a uri'], undefined, [orders]],
    [[`${orders.audience}#part`], undefined, [orders]],
    [[], undefined, [orders, stock]],
    [[], ['orders:read', 'stock:read'], [orders, stock]],
    [[], ['shared'], [grant('urn:a', 'shared'), grant('urn:b', 'shared')]],
    [[], undefined, []],
  ]
  for (const [targets, scope, grants] of refused) {
    assert.throws(
      () => resolveTarget({ targets, scope }, grants),
      code('invalid_target'),
      JSON.stringify({ targets, scope }),
    )
  }
})

test('A3: property: what is given is asked for, granted and known; what is asked for is given whole or refused by name', () => {
  const scopes = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'A', 'a:b'), { maxLength: 6 })
  fc.assert(
    fc.property(
      fc.option(scopes, { nil: undefined }),
      scopes,
      scopes,
      fc.option(scopes, { nil: undefined }),
      (asked, granted, known, defaults) => {
        const rules = { granted, known, defaults }
        try {
          const given = resolveScope(asked, rules)
          assert.ok(given.every((scope) => granted.includes(scope) && known.includes(scope)))
          if (asked !== undefined) assert.deepEqual(given, asked)
          else
            assert.ok(given.length > 0 && (defaults === undefined || given.every((scope) => defaults.includes(scope))))
        } catch (error) {
          if (!code('invalid_scope')(error)) throw error
          const missing = (asked ?? []).filter((scope) => !(granted.includes(scope) && known.includes(scope)))
          if (asked !== undefined)
            assert.ok(missing.length > 0 && missing.every((scope) => String(error).includes(scope)))
        }
      },
    ),
    { numRuns: 2000 },
  )
})
