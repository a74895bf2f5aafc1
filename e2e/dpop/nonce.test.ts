import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { assertRefused } from '../support/token.ts'
import { askWith, createDpopKey, createOrdersApi, createReader, rightClaims } from './setting.ts'

const credence = await startCredence({ args: ['--dpop-nonce', 'required'] })
after(credence.dispose)
await createOrdersApi(credence)
const reader = await createReader(credence)
const { prove } = await createDpopKey()
const ask = (claims: object = {}) => askWith(credence, reader, prove({ ...rightClaims(credence), ...claims }))

test('checklist 21, RFC 9449 §8: no nonce → 400 use_dpop_nonce with a DPoP-Nonce that works, and the next one with the token', async () => {
  const asked = await ask()
  assertRefused(asked, 'use_dpop_nonce', 400)
  assert.equal(asked.headers['cache-control'], 'no-store')
  const nonce = asked.headers['dpop-nonce']
  assert.match(String(nonce), /^[A-Za-z0-9_-]{22}$/)
  const answer = await ask({ nonce })
  assert.equal(jsonOf(answer).token_type, 'DPoP')
  assert.equal((await ask({ nonce: answer.headers['dpop-nonce'] })).status, 200)
})

test('RFC 9449 §8: a nonce that this server did not make → use_dpop_nonce', async () => {
  const refused = await ask({ nonce: Buffer.alloc(16).toString('base64url') })
  assertRefused(refused, 'use_dpop_nonce')
  assert.ok(refused.headers['dpop-nonce'])
})

test('RFC 9449 §8: asking for a nonce uses no proof up, and writes no line in the log', async () => {
  const before = credence.output()
  const claims = { jti: 'asked before' }
  const nonce = (await ask(claims)).headers['dpop-nonce']
  assert.equal((await ask({ ...claims, nonce })).status, 200)
  assert.equal(credence.output(), before)
})

test('RFC 9449 §8: whoever sends no proof still gets a bearer token, without a nonce', async () => {
  const answer = await askWith(credence, reader, undefined)
  assert.equal(jsonOf(answer).token_type, 'Bearer')
  assert.equal(answer.headers['dpop-nonce'], undefined)
})
