import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { decodeJwt } from 'jose'
import { startCredence } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { askToken, assertRefused } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const audience = 'https://orders.example.com'
const granted = ['orders:read', 'orders:list', 'a']
await credence.createApi({ audience, scopes: [...granted, 'orders:write', 'orders:admin', 'A', 'b'] })
const job = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: granted }] })

const disguises: Readonly<Record<string, string>> = {
  'in capitals': 'ORDERS:WRITE',
  'behind one that is granted': 'orders:read orders:write',
  'before one that is granted': 'orders:write orders:read',
  'between duplicates of one that is granted': 'orders:read orders:write orders:read',
  twice: 'orders:write orders:write',
  'with a comma in place of the space': 'orders:read,orders:write',
  'with a tab in place of the space': 'orders:read\torders:write',
  'with a newline in place of the space': 'orders:read\norders:write',
  'with a no-break space': 'orders:read\u00a0orders:write',
  'with a zero-width space': 'orders:read\u200b',
  'with a full-width letter': 'orders:ｒead',
  'with a Cyrillic letter': 'оrders:read',
  'with a Kelvin sign': 'orders:\u212a',
  'in another normal form': 'orders:re\u0301ad',
  'with a byte order mark': '\ufefforders:read',
  'with a NUL behind it': 'orders:read\0orders:write',
  'percent-encoded twice': 'orders%3Awrite',
  'with a wildcard': 'orders:*',
  'as a wildcard': '*',
  'as a prefix': 'orders',
  'as an extension': 'orders:read:all',
  'as a letter in the other case': 'A',
  'as a member of every object': '__proto__',
  'as the management API’s': 'admin:clients:write',
  'as JSON': '["orders:write"]',
}
for (const [title, scope] of Object.entries(disguises)) {
  test(`A3: a scope that is not granted, ${title} → invalid_scope`, async () => {
    assertRefused(await askToken(credence, job, { scope }), 'invalid_scope')
    assertRefused(await askToken(credence, job, { scope, audience }), 'invalid_scope')
  })
}

test('A3: as a second scope parameter → invalid_request', async () => {
  assertRefused(
    await askToken(credence, job, [
      ['scope', 'orders:read'],
      ['scope', 'orders:write'],
    ]),
    'invalid_request',
  )
})

test('A3: 100,000 of them → 413; as many as fit the body → invalid_scope', async () => {
  assertRefused(
    await askToken(credence, job, { scope: 'orders:write '.repeat(100_000).trim() }),
    'invalid_request',
    413,
  )
  assertRefused(await askToken(credence, job, { scope: 'b '.repeat(20_000).trim() }), 'invalid_scope')
  assertRefused(await askToken(credence, job, { scope: 'orders:read '.repeat(3_000).trim() }), 'invalid_scope')
})

/** Scopes near to those there are, in and out of the grammar, in any number. */
const nearScope = fc.oneof(
  { weight: 14, arbitrary: fc.constantFrom(...granted) },
  { weight: 2, arbitrary: fc.constantFrom('orders:write', 'orders:admin', 'A', 'b') },
  { weight: 1, arbitrary: fc.constantFrom(...granted).map((scope) => scope.toUpperCase()) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...granted), fc.string({ maxLength: 2 })).map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 8, unit: 'binary' }) },
)
const nearRequest = fc.record({
  scope: fc
    .tuple(fc.array(nearScope, { minLength: 1, maxLength: 5 }), fc.constantFrom(' ', ' ', ' ', ' ', '  ', ','))
    .map(([scopes, separator]) => scopes.join(separator)),
  target: fc.constantFrom(undefined, undefined, audience, audience, `${audience}/`, audience.toUpperCase()),
})

test('A3: granted ⊆ allowed ∩ asked, for whatever is asked; and a refusal for everything that goes beyond', async () => {
  let issued = 0
  await fc.assert(
    fc.asyncProperty(nearRequest, async ({ scope, target }) => {
      const answer = await askToken(credence, job, { scope, ...(target !== undefined && { resource: target }) })
      const asked = scope.split(' ').filter((token) => token !== '')
      if (answer.status !== 200) {
        assert.ok(['invalid_scope', 'invalid_target'].includes(String(jsonOf(answer).error)), answer.body)
        return
      }
      issued += 1
      const token = decodeJwt(String(jsonOf(answer).access_token))
      assert.equal(token.aud, audience)
      assert.equal(token.scope, jsonOf(answer).scope)
      const got = String(token.scope).split(' ')
      assert.ok(
        got.every((one) => granted.includes(one)),
        `got ${got}`,
      )
      if (asked.length > 0) assert.deepEqual(got, [...new Set(asked)])
    }),
    { numRuns: 400 },
  )
  // a property that only ever sees refusals says nothing
  assert.ok(issued > 40, `only ${issued} of 400 requests were granted`)
})
