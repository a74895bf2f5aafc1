/** Which of a client's keys are tried, how many, and what is done for a client that is not there. */
import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { decodeClientAssertion, importVerificationKey, JwtError, type VerificationKey } from '@credence/jwt'
import { systemClock, systemRandomness } from '@credence/protocol'
import type { Client, ClientRecord, KeyCredential } from '@credence/storage'
import { createClientKeySets } from './client_key_sets.ts'
import { createKeyCredentials } from './client_keys.ts'
import { createPrivateKeyJwt } from './private_key_jwt.ts'

const createKey = (kid?: string) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), ...(kid !== undefined && { kid }) }
  const assert = (header: object = {}) => {
    const [head, body] = [{ alg: 'ES256', ...header }, {}].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    const input = `${head}.${body}`
    const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    return decodeClientAssertion(`${input}.${signature.toString('base64url')}`)
  }
  return { jwk, assert }
}

const deps = { clock: systemClock, randomness: systemRandomness, allowPrivateAddresses: false }
const credentialOf = (jwk: object): KeyCredential =>
  createKeyCredentials('job', { jwks: { keys: [jwk] } }, deps)[0] ?? assert.fail()
const recordOf = (credentials: readonly KeyCredential[]): ClientRecord => ({
  client: {} as Client,
  credentials,
  grants: [],
})

const keySets = createClientKeySets({ clock: systemClock, allowPrivateAddresses: false })

/** Counts what is asked for, and what is verified with it. */
const counting = () => {
  const verified: VerificationKey[] = []
  const prove = createPrivateKeyJwt({
    clock: systemClock,
    keySets: {
      find(credential, kid, algorithm) {
        const key = keySets.find(credential, kid, algorithm)
        if (key === undefined || key instanceof Promise) return key
        return { ...key, verify: (input, signature) => verified.push(key) > 0 && key.verify(input, signature) }
      },
    },
  })
  return { prove, verified }
}

test('11: a kid leaves those alone that have another; those that have none are tried', async () => {
  const keys = [createKey('a'), createKey('b'), createKey()]
  const credentials = keys.map(({ jwk }) => credentialOf(jwk))
  const { prove, verified } = counting()
  assert.equal(await prove((keys[1] ?? assert.fail()).assert({ kid: 'b' }), recordOf(credentials)), credentials[1])
  assert.equal(verified.length, 1)
  assert.equal(await prove((keys[2] ?? assert.fail()).assert({ kid: 'c' }), recordOf(credentials)), credentials[2])
  assert.equal(verified.length, 2)
})

test('of many keys without a kid eight are tried, and no more', async () => {
  const keys = Array.from({ length: 12 }, () => createKey())
  const credentials = keys.map(({ jwk }) => credentialOf(jwk))
  const { prove, verified } = counting()
  assert.equal(await prove((keys[7] ?? assert.fail()).assert(), recordOf(credentials)), credentials[7])
  assert.equal(await prove((keys[8] ?? assert.fail()).assert(), recordOf(credentials)), undefined)
  assert.equal(verified.length, 16)
})

test('a key is imported once for as long as the record of its client is held', () => {
  const { jwk } = createKey('a')
  const credential = credentialOf(jwk)
  const es256 = importVerificationKey({ ...jwk }, ['ES256']).algorithm
  assert.equal(keySets.find(credential, 'a', es256), keySets.find(credential, 'a', es256))
})

test('A10: an unknown client costs a verification too', async () => {
  const { assert: make } = createKey()
  const prove = createPrivateKeyJwt({ clock: systemClock, keySets })
  const inTime = async (record: ClientRecord | undefined) => {
    const times: number[] = []
    for (let time = 0; time < 60; time++) {
      const startedAt = performance.now()
      await prove(make(), record)
      times.push(performance.now() - startedAt)
    }
    return times.sort((one, other) => one - other)[30] ?? 0
  }
  const known = recordOf([credentialOf(createKey().jwk)])
  await inTime(known)
  const ratio = (await inTime(undefined)) / (await inTime(known))
  // without the decoy it is less than a tenth; a verification takes most of either
  assert.ok(ratio > 0.25, `${ratio}`)
})

test('39: keys that cannot be had are 503, unless another key of the client verifies', async () => {
  const own = createKey('own')
  const published = createKeyCredentials('job', { jwksUri: 'https://client.example.com/jwks' }, deps)
  const failing = createClientKeySets({
    clock: systemClock,
    allowPrivateAddresses: false,
    fetchDocument: async () => Promise.reject(new Error('no answer')),
  })
  const prove = createPrivateKeyJwt({ clock: systemClock, keySets: failing })
  const credential = credentialOf(own.jwk)
  assert.equal(await prove(own.assert(), recordOf([...published, credential])), credential)
  await assert.rejects(async () => prove(createKey().assert(), recordOf(published)), {
    code: 'temporarily_unavailable',
    status: 503,
    detail: /no answer/,
  })
})

test('no more than 32 key sets are fetched at once, however many clients are named', async () => {
  let underWay = 0
  let most = 0
  const { promise: end, resolve: endAll } = Promise.withResolvers<void>()
  const busy = createClientKeySets({
    clock: systemClock,
    allowPrivateAddresses: false,
    fetchDocument: async () => {
      most = Math.max(most, ++underWay)
      await end
      throw new Error('no')
    },
  })
  const es256 = importVerificationKey({ ...createKey().jwk }, ['ES256']).algorithm
  const finds = Array.from({ length: 60 }, (_, index) => {
    const [credential = assert.fail()] = createKeyCredentials(
      'job',
      { jwksUri: `https://c${index}.example/jwks` },
      deps,
    )
    return Promise.resolve(busy.find(credential, 'a', es256)).catch((error: unknown) => error)
  })
  endAll()
  for (const found of await Promise.all(finds)) assert.ok(found instanceof JwtError)
  assert.equal(most, 32)
})
