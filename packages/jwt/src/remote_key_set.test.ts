import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { algorithms } from './algorithms.ts'
import type { FetchedDocument } from './guarded_fetch.ts'
import { createRemoteKeySet, type KeyFetchEvent, maxStaleSeconds, type RemoteKeySetOptions } from './remote_key_set.ts'
import { createTestClock, createTestIssuer, isRefusal, issuer } from './testing/test_issuer.ts'

const { jwk } = await createTestIssuer('ES256')
const other = await createTestIssuer('ES256')
const jwksUri = `${issuer}/keys`
const { ES256 } = algorithms

type Settings = Pick<RemoteKeySetOptions, 'hydrate' | 'onFetch'> & { readonly withMetadata?: boolean }

/** A key set over a fetch that answers, fails or waits as the test says. */
const createSubject = (settings: Settings = {}) => {
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
  const { withMetadata = false, ...rest } = settings
  const keySet = createRemoteKeySet({ issuer, clock, fetchDocument, ...(withMetadata ? {} : { jwksUri }), ...rest })
  const find = async (kid: string | undefined = jwk.kid) => await keySet.find(kid, ES256)
  return { clock, state, keySet, find }
}

const hour = 3600

describe('createRemoteKeySet', () => {
  it('fetches when first needed, then keeps: 5 minutes at least, 24 hours at most, as Cache-Control says', async () => {
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
      clock.advance(fresh * 0.8 - 1)
      await find()
      assert.equal(state.fetches.length, 1)
      const late = createSubject()
      late.state.maxAgeSeconds = maxAgeSeconds
      await late.find()
      late.state.keys = [other.jwk]
      late.clock.advance(fresh)
      await late.find()
      assert.equal(late.state.fetches.length, 2)
    }
  })

  it('a set that is due is fetched behind the back of who uses it, be it for a token or for a cached one', async () => {
    for (const isCacheHit of [false, true]) {
      const { clock, state, keySet, find } = createSubject()
      const key = await find()
      let release = () => {}
      state.gate = new Promise((resolve) => {
        release = resolve
      })
      state.keys = [jwk, { ...other.jwk, kid: 'next' }]
      clock.advance(240)
      // not a promise: nobody waits
      if (isCacheHit) assert.equal(keySet.isCurrent(key), true)
      else assert.equal(keySet.find(jwk.kid, ES256), key)
      assert.equal(keySet.find(jwk.kid, ES256), key)
      assert.equal(state.fetches.length, 2)
      release()
      await new Promise(setImmediate)
      assert.equal((keySet.find('next', ES256) as { kid?: string }).kid, 'next')
      clock.advance(200)
      assert.equal(keySet.find(jwk.kid, ES256), key)
      assert.equal(state.fetches.length, 2)
    }
  })

  it('what fails when it is due is tried again after the cool-down, and what is known is found all the time', async () => {
    const { clock, state, keySet, find } = createSubject()
    const key = await find()
    state.fails = true
    clock.advance(240)
    for (let second = 0; second < 60; second++) {
      assert.equal(keySet.find(jwk.kid, ES256), key)
      await new Promise(setImmediate)
      clock.advance(1)
    }
    assert.equal(state.fetches.length, 3)
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

  it('OpenID Connect Discovery §4: where RFC 8414 finds nothing, its place is looked at, and the issuer is checked the same', async () => {
    for (const [iss, place] of [
      [issuer, `${issuer}/.well-known/openid-configuration`],
      [`${issuer}/`, `${issuer}/.well-known/openid-configuration`],
      [`${issuer}/tenant`, `${issuer}/tenant/.well-known/openid-configuration`],
      [`${issuer}/tenant/`, `${issuer}/tenant/.well-known/openid-configuration`],
    ] as const) {
      for (const named of [iss, 'https://attacker.example.com', undefined]) {
        const fetches: string[] = []
        const documents = new Map<string, Record<string, unknown>>([
          [place, { issuer: named, jwks_uri: jwksUri }],
          [jwksUri, { keys: [jwk] }],
        ])
        const fetchDocument = async (url: string) => {
          fetches.push(url)
          const document = documents.get(url)
          if (document === undefined) throw new Error('status 404')
          return { document, maxAgeSeconds: undefined }
        }
        const keySet = createRemoteKeySet({ issuer: iss, clock: createTestClock(), fetchDocument })
        const found = (async () => await keySet.find(jwk.kid, ES256))()
        if (named === iss) assert.equal((await found).kid, jwk.kid)
        else await assert.rejects(found, isRefusal('keys_unavailable'))
        assert.equal(fetches[1], place)
        assert.equal(fetches.includes(jwksUri), named === iss)
      }
    }
  })

  it('RFC 8414 §3.3: metadata of another issuer is refused, and not looked for in another place', async () => {
    const { state, find } = createSubject({ withMetadata: true })
    state.metadata = { issuer: 'https://attacker.example.com', jwks_uri: jwksUri }
    await assert.rejects(find(), isRefusal('keys_unavailable'))
    assert.equal(state.fetches.length, 1)
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
    clock.advance(30)
    await assert.rejects(find(), { code: 'keys_unavailable', retryAfterSeconds: 5 })
    state.fails = false
    clock.advance(5)
    await find()
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

  it('hydrate: a verifier starts with exported keys while the issuer is away, and fetches as soon as it can', async () => {
    const first = createSubject()
    await first.find()
    const snapshot = JSON.parse(JSON.stringify(first.keySet.snapshot()))
    const fetchedAt = first.clock.epochSeconds()
    assert.deepEqual(snapshot, { issuer, fetchedAt, keys: [jwk] })

    const { clock, state, keySet, find } = createSubject({ hydrate: snapshot })
    state.fails = true
    assert.equal((await find()).kid, jwk.kid)
    assert.equal(state.fetches.length, 1)
    await assert.rejects(find('unknown'), isRefusal('unknown_key'))
    clock.advance(hour)
    assert.equal((await find()).kid, jwk.kid)
    await new Promise(setImmediate)
    state.fails = false
    state.keys = [{ ...other.jwk, kid: 'next' }]
    clock.advance(30)
    assert.equal((await find('next')).kid, 'next')
    await assert.rejects(find(), isRefusal('unknown_key'))
    assert.equal(keySet.snapshot()?.fetchedAt, clock.epochSeconds())
  })

  it('hydrate: a bare key set document will do, and no private key is ever written out again', async () => {
    const { state, find, keySet } = createSubject({ hydrate: { keys: [jwk, { ...other.jwk, kid: 'x', d: 'canary' }] } })
    state.fails = true
    assert.equal((await find()).kid, jwk.kid)
    assert.doesNotMatch(JSON.stringify(keySet.snapshot()), /canary/)
  })

  it('hydrate: keys fetched 24 hours ago are not used, and time that passes counts', async () => {
    const { epochSeconds } = createTestClock()
    const old = { issuer, fetchedAt: epochSeconds() - maxStaleSeconds, keys: [jwk] }
    const late = createSubject({ hydrate: old })
    late.state.fails = true
    assert.equal(late.keySet.snapshot(), undefined)
    await assert.rejects(late.find(), isRefusal('keys_unavailable'))
    const { clock, state, find } = createSubject({ hydrate: { ...old, fetchedAt: old.fetchedAt + 60 } })
    state.fails = true
    await find()
    clock.advance(59)
    await find()
    clock.advance(1)
    await assert.rejects(find(), isRefusal('keys_unavailable'))
  })

  it('hydrate: what is no key set, or is the key set of another issuer, is refused at once', () => {
    for (const hydrate of [
      null,
      'keys',
      [],
      {},
      { keys: {} },
      { issuer: `${issuer}/`, fetchedAt: 0, keys: [jwk] },
      { issuer, fetchedAt: '0', keys: [jwk] },
    ]) {
      assert.throws(() => createSubject({ hydrate }), TypeError, JSON.stringify(hydrate))
    }
  })

  it('says of every attempt that it began and how it ended', async () => {
    const events: KeyFetchEvent[] = []
    const { clock, state, find } = createSubject({ onFetch: (event) => events.push(event) })
    state.keys = [jwk, { kty: 'oct', k: 'AA' }]
    await find()
    state.fails = true
    clock.advance(hour)
    await find()
    assert.deepEqual(events, [
      { type: 'started', issuer },
      { type: 'succeeded', issuer, durationMs: 0, keys: 1, skipped: 1 },
      { type: 'started', issuer },
      { type: 'failed', issuer, durationMs: 0, error: 'connect ECONNREFUSED' },
    ])
  })
})
