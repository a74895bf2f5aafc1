import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { createSigner } from '@credence/jwt'
import fc from 'fast-check'
import type { Refusal } from './refusal.ts'
import type { Accepted } from './resource_server.ts'
import { createHostileIssuer, hostileTokens } from './testing/hostile_tokens.ts'
import { createTestServer, issuer } from './testing/test_issuer.ts'

const from = await createHostileIssuer()
const { network, fetches, verify } = await createTestServer()
network.set(`${issuer}/keys`, { keys: [from.jwk] })

const refusedWith401 = (result: Accepted | Refusal): Refusal => {
  assert.ok(!result.ok, 'accepted')
  assert.equal(result.status, 401, result.code)
  assert.equal(result.error, 'invalid_token')
  assert.equal(result.toResponse().status, 401)
  return result
}

/** A resource server whose issuer publishes these keys. */
const publishing = async (keys: readonly unknown[]) => {
  const subject = await createTestServer()
  subject.network.set(`${issuer}/keys`, { keys })
  return subject.verify
}

describe('createResourceServer: hostile tokens', () => {
  it('a token without a fault is accepted, so that a refusal means something', async () => {
    assert.ok((await verify(from.sign())).ok)
    assert.ok((await verify(from.sign({}, { x5c: ['MIIB'], x5t: 'abc' }))).ok)
  })

  for (const [title, token] of Object.entries(hostileTokens(from))) {
    it(`${title} is refused`, async () => {
      const result = await verify(token)
      // RFC 6750 §2.1: what is no b64token is a malformed request, before it is a bad token
      if (!result.ok && result.code === 'malformed_credentials') assert.equal(result.status, 400)
      else refusedWith401(result)
    })
  }

  it('V2: jwk, jku, x5u and x5c in the header are used for nothing', async () => {
    const attacker = await createHostileIssuer()
    const url = 'https://attacker.example.com/keys'
    const seen = fetches.length
    for (const header of [{ jwk: attacker.jwk }, { jku: url }, { x5u: url }, { x5c: ['MIIB'] }]) {
      refusedWith401(await verify(attacker.sign({}, header)))
      refusedWith401(await verify(attacker.sign({}, { ...header, kid: undefined })))
      refusedWith401(await verify(attacker.sign({}, { ...header, kid: 'attacker' })))
    }
    assert.equal(fetches.slice(seen).includes(url), false)
  })

  it('V3: a key that may not be used is 401, never an exception, and takes no other with it', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const short = { ...publicKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'bad' }
    const bad = { ...from.jwk, kid: 'bad' }
    for (const key of [
      short,
      { ...bad, key_ops: ['sign'] },
      { ...bad, use: 'enc' },
      { ...bad, alg: 'RS256' },
      { ...bad, crv: 'P-384' },
      { ...bad, d: 'AAAA' },
      { ...bad, kid: 5 },
      null,
      'key',
    ]) {
      const verifyHere = await publishing([key, from.jwk])
      refusedWith401(await verifyHere(from.sign({}, { kid: 'bad' })))
      assert.ok((await verifyHere(from.sign())).ok, JSON.stringify(key))
    }
    assert.throws(() => createSigner({ privateKey, algorithm: 'RS256', kid: 'bad' }))
  })

  it('V3: a key called __proto__ is a key like any other', async () => {
    const verifyHere = await publishing([JSON.parse(JSON.stringify({ ...from.jwk, kid: '__proto__' }))])
    assert.ok((await verifyHere(from.sign({}, { kid: '__proto__' }))).ok)
    refusedWith401(await verifyHere(from.sign({}, { kid: 'constructor' })))
  })

  it('property: a token with any one byte of header, payload or signature changed never verifies', async () => {
    const parts = from
      .sign()
      .split('.')
      .map((part) => Buffer.from(part, 'base64url'))
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(), fc.integer({ min: 1, max: 255 }), async (which, at, change) => {
        const changed = parts.map((part) => Buffer.from(part))
        const part = changed[which] ?? Buffer.alloc(1)
        const index = at % part.length
        part[index] = (part[index] ?? 0) ^ change
        refusedWith401(await verify(changed.map((bytes) => bytes.toString('base64url')).join('.')))
      }),
      { numRuns: 1000 },
    )
  })

  it('property: a token with any one character changed never verifies', async () => {
    const token = from.sign()
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/='
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...letters), async (at, letter) => {
        fc.pre(token[at] !== letter)
        const result = await verify(token.slice(0, at) + letter + token.slice(at + 1))
        assert.ok(!result.ok)
        assert.ok([400, 401].includes(result.status), result.code)
      }),
      { numRuns: 1000 },
    )
  })
})
