import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { algorithms } from './algorithms.ts'
import type { FetchedDocument } from './guarded_fetch.ts'
import { createRemoteKeySet, maxStaleSeconds } from './remote_key_set.ts'
import { createTestClock, createTestIssuer, isRefusal, issuer } from './testing/test_issuer.ts'

const { jwk } = await createTestIssuer('ES256')
const other = await createTestIssuer('ES256')
const jwksUri = `${issuer}/keys`
const { ES256 } = algorithms

/** A key set over a fetch that answers, fails or waits as the test says. */
const createSubject = (settings: { readonly withMetadata?: boolean } = {}) => {
  const clock = createTestClock()
  const state = {
    fetches: [] as string[],
    keys: [jwk] as unknown[],
    maxAgeSeconds: undefined as number | undefined,
    metadata: { issuer, jwks_uri: jwksUri } as Record<string, unknown>,
    fails: false,
    gate: undefined as Promise<void> | undefined,
  }
  const fetchDocument = async (url: string): Promise<FetchedDocument> => {
    state.fetches.push(url)
    await state.gate
    if (state.fails) throw new Error('connect ECONNREFUSED')
    const document = url === jwksUri ? { keys: state.keys } : state.metadata
    return { document, maxAgeSeconds: state.maxAgeSeconds }
  }
  const keySet = createRemoteKeySet({ issuer, clock, fetchDocument, ...(settings.withMetadata ? {} : { jwksUri }) })
  const find = async (kid: string | undefined = jwk.kid) => await keySet.find(kid, ES256)
  return { clock, state, keySet, find }
}

const hour = 3600

describe('createRemoteKeySet', () => {
  it('fetches when first needed, then keeps: 5 minutes at least, 24 hours at most', async () => {
    for (const [maxAgeSeconds, fresh] of [
      [undefined, 300],
      [0, 300],
      [10, 300],
      [900, 900],
      [10 * 86_400, 86_400],
    ] as const) {
      const { clock, state, find } = createSubject()
      state.maxAgeSeconds = maxAgeSeconds
      assert.equal(state.fetches.length, 0)
      await find()
      clock.advance(fresh - 1)
      await find()
      assert.equal(state.fetches.length, 1)
      clock.advance(1)
      await find()
      assert.equal(state.fetches.length, 2)
    }
  })

  it('a hundred callers at once share one fetch', async () => {
    const { state, find } = createSubject()
    await Promise.all(Array.from({ length: 100 }, () => find()))
    assert.equal(state.fetches.length, 1)
  })

  it('RFC 8414 §3.3: the key set is found through metadata whose issuer is the same, exactly', async () => {
    const { state, find } = createSubject({ withMetadata: true })
    await find()
    assert.deepEqual(state.fetches, [`${issuer}/.well-known/oauth-authorization-server`, jwksUri])
    for (const metadata of [
      { issuer: `${issuer}/`, jwks_uri: jwksUri },
      { issuer: 'https://attacker.example.com', jwks_uri: jwksUri },
      { jwks_uri: jwksUri },
      { issuer },
      { issuer, jwks_uri: [jwksUri] },
    ]) {
      const subject = createSubject({ withMetadata: true })
      subject.state.metadata = metadata
      await assert.rejects(subject.find(), isRefusal('keys_unavailable'))
      assert.equal(subject.state.fetches.includes(jwksUri), false)
    }
  })

  it('K1: 50 random kids cause one fetch per cool-down', async () => {
    const { clock, state, find } = createSubject()
    await find()
    clock.advance(60)
    for (let round = 1; round <= 3; round++) {
      const flood = Array.from({ length: 50 }, (_, i) =>
        assert.rejects(find(`random-${round}-${i}`), isRefusal('unknown_key')),
      )
      await Promise.all(flood)
      for (let i = 0; i < 29; i++) {
        clock.advance(1)
        await assert.rejects(find(`random-${round}-later-${i}`), isRefusal('unknown_key'))
      }
      assert.equal(state.fetches.length, 1 + round)
      clock.advance(1)
    }
  })

  it('K1: failures count towards the cool-down', async () => {
    const { clock, state, find } = createSubject()
    await find()
    clock.advance(60)
    state.fails = true
    for (let i = 0; i < 50; i++) await assert.rejects(find(`random-${i}`), isRefusal('unknown_key'))
    assert.equal(state.fetches.length, 2)
  })

  it('K1: so they do before there ever was a key, and the answer says when to come back', async () => {
    const { clock, state, find } = createSubject()
    state.fails = true
    for (let i = 0; i < 50; i++) {
      await assert.rejects(find(`random-${i}`), { code: 'keys_unavailable', retryAfterSeconds: 5 })
    }
    assert.equal(state.fetches.length, 1)
    state.fails = false
    clock.advance(5)
    await find()
  })

  it('K2: with the issuer down for an hour, a known key is served and a new kid fails closed', async () => {
    const { clock, state, find } = createSubject()
    const key = await find()
    state.fails = true
    for (let minutes = 0; minutes < 60; minutes++) {
      clock.advance(60)
      assert.equal(await find(), key)
      await assert.rejects(find('new'), isRefusal('unknown_key'))
    }
    state.fails = false
    state.keys = [jwk, { ...other.jwk, kid: 'new' }]
    clock.advance(30)
    assert.equal((await find('new')).kid, 'new')
    assert.equal(await find(), key)
  })

  it('K2: that is bounded: after 24 hours the keys cannot be had', async () => {
    const { clock, state, find } = createSubject()
    await find()
    state.fails = true
    clock.advance(maxStaleSeconds - 1)
    await find()
    clock.advance(1)
    await assert.rejects(find(), isRefusal('keys_unavailable'))
  })

  it('K2: while a down issuer keeps an attempt hanging, those whose key is known do not wait for it', async () => {
    const { clock, state, find } = createSubject()
    await find()
    state.fails = true
    clock.advance(hour)
    await find()
    let release = () => {}
    state.gate = new Promise((resolve) => {
      release = resolve
    })
    clock.advance(60)
    const attacked = assert.rejects(find('random'), isRefusal('unknown_key'))
    assert.equal((await find()).kid, jwk.kid)
    release()
    await attacked
  })

  it("K2: an attacker's kids do not keep an honest caller's new key from being found", async () => {
    const { clock, state, find } = createSubject()
    await find()
    state.keys = [jwk, { ...other.jwk, kid: 'rotated' }]
    clock.advance(31)
    await assert.rejects(find('attack'), isRefusal('unknown_key'))
    assert.equal((await find('rotated')).kid, 'rotated')
    assert.equal(state.fetches.length, 2)
  })

  it('K3: an empty set, or one without a usable key, counts as a failure and replaces nothing', async () => {
    for (const keys of [[], [{ kty: 'oct', k: 'AA' }], [{ ...jwk, use: 'enc' }]]) {
      const { clock, state, find } = createSubject()
      await find()
      state.keys = keys
      clock.advance(hour)
      assert.equal((await find()).kid, jwk.kid)
      const empty = createSubject()
      empty.state.keys = keys
      await assert.rejects(empty.find(), isRefusal('keys_unavailable'))
    }
  })

  it('K3: the same kid with new material replaces the old key when the set is fetched again', async () => {
    const { clock, state, keySet, find } = createSubject()
    const first = await find()
    state.keys = [{ ...other.jwk, kid: jwk.kid }]
    assert.equal(keySet.isCurrent(first), true)
    clock.advance(300)
    assert.equal(keySet.isCurrent(first), false)
    const second = await find()
    assert.notEqual(second, first)
    assert.equal(keySet.isCurrent(second), true)
    assert.equal(keySet.isCurrent(first), false)
  })

  it('V13: a key is current only as long as the set is fresh and has it', async () => {
    const { clock, state, keySet, find } = createSubject()
    const key = await find()
    state.fails = true
    clock.advance(hour)
    assert.equal(await find(), key)
    assert.equal(keySet.isCurrent(key), false)
    state.fails = false
    clock.advance(30)
    assert.equal(await find(), key)
    await new Promise(setImmediate)
    assert.equal(keySet.isCurrent(key), true)
  })

  it('checklist 39: the error for keys that cannot be had keeps the reason for the operator', async () => {
    const { state, find } = createSubject()
    state.fails = true
    await assert.rejects(find(), (error: Error) => {
      assert.equal(error.message, `the keys of ${issuer} cannot be had`)
      assert.match(String(error.cause), /ECONNREFUSED/)
      return true
    })
  })

  it('K4: loopback is reached for an issuer on loopback only', async () => {
    const keySet = createRemoteKeySet({ issuer, jwksUri: 'http://127.0.0.1:1/keys', clock: createTestClock() })
    await assert.rejects(
      async () => await keySet.find('a', ES256),
      (error: Error) => {
        assert.match(String(error.cause), /127\.0\.0\.1 is a private or special address/)
        return true
      },
    )
    const local = createRemoteKeySet({ issuer: 'http://127.0.0.1:1', clock: createTestClock() })
    await assert.rejects(
      async () => await local.find('a', ES256),
      (error: Error) => {
        assert.match(String(error.cause), /ECONNREFUSED/)
        return true
      },
    )
  })
})
