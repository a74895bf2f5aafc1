import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { systemRandomness } from '@credence/protocol'
import { createOpaqueTokens, isOpaqueToken, type OpaqueTokenKey } from './opaque_token.ts'

const claims = {
  ...{ iss: 'https://auth.example.com', sub: 'job', client_id: 'job', aud: 'https://orders.example.com' },
  ...{ scope: 'orders:read', iat: 1, exp: 601, jti: 'j', credential_id: 'cred_1' },
}
const key = (number: number): OpaqueTokenKey => ({ number, key: randomBytes(32) })

const create = (keys: readonly OpaqueTokenKey[], reload = async () => keys) => {
  let monotonicMs = 0
  const clock = { epochSeconds: () => 0, monotonicMs: () => monotonicMs }
  const tokens = createOpaqueTokens({ keys, reload, clock, randomness: systemRandomness })
  return Object.assign(tokens, {
    wait: (ms: number) => {
      monotonicMs += ms
    },
  })
}

test('what is sealed opens to the same claims, and no two tokens are alike', async () => {
  const tokens = create([key(1)])
  const token = tokens.seal(claims)
  assert.ok(isOpaqueToken(token))
  assert.deepEqual(await tokens.open(token), claims)
  assert.notEqual(tokens.seal(claims), token)
})

test('V7: every changed, added or missing character is refused', async () => {
  const tokens = create([key(1)])
  const token = tokens.seal(claims)
  for (let at = 0; at < token.length; at++) {
    const changed = `${token.slice(0, at)}${token[at] === 'B' ? 'C' : 'B'}${token.slice(at + 1)}`
    await assert.rejects(tokens.open(changed), { name: 'JwtError' }, `character ${at}`)
  }
  for (const text of [
    `${token}A`,
    `${token}=`,
    ` ${token}`,
    `${token}\n`,
    token.slice(0, -1),
    'cat_1_',
    'cat_1_AAAA',
    '',
  ]) {
    await assert.rejects(tokens.open(text), { name: 'JwtError' })
  }
  await assert.rejects(tokens.open(`cat_1_${'A'.repeat(17_000)}`), { code: 'token_too_large' })
})

test('a token sealed under another key, or under another number, is refused', async () => {
  const one = key(1)
  const token = create([one]).seal(claims)
  await assert.rejects(create([key(1)]).open(token), { code: 'bad_signature' })
  const both = create([one, { ...one, number: 2 }])
  assert.deepEqual(await both.open(token), claims)
  await assert.rejects(both.open(token.replace('cat_1_', 'cat_2_')), { code: 'bad_signature' })
})

test('rotation: the newest key seals, older ones open, and a replica learns of a newer one from its tokens', async () => {
  const [one, two] = [key(1), key(2)]
  const old = create([one]).seal(claims)
  const ahead = create([one, two])
  assert.match(ahead.seal(claims), /^cat_2_/)
  assert.deepEqual(await ahead.open(old), claims)

  let reads = 0
  let stored = [one]
  const behind = create([one], async () => {
    reads++
    return stored
  })
  await assert.rejects(behind.open('cat_999_AAAA'.padEnd(200, 'A')), { code: 'unknown_key' })
  stored = [one, two]
  const fresh = ahead.seal(claims)
  await assert.rejects(behind.open(fresh), { code: 'unknown_key' })
  assert.equal(reads, 1)
  behind.wait(10_000)
  assert.deepEqual(await behind.open(fresh), claims)
  assert.match(behind.seal(claims), /^cat_2_/)
  assert.equal(reads, 2)
})
