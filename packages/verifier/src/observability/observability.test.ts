import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, it } from 'node:test'
import { createTestServer, issuer, now, resource } from '../testing/test_issuer.ts'
import { type VerifyEvent, verifyChannel } from './verify_events.ts'

const heard: VerifyEvent[] = []
const hear = (message: unknown): void => void heard.push(message as VerifyEvent)

const listen = () => subscribe(verifyChannel, hear)

afterEach(() => {
  unsubscribe(verifyChannel, hear)
  heard.length = 0
})

describe('what is published of verifications', () => {
  it('one message for each: whose token it was, whether it was known, how long it took', async () => {
    let ms = 0
    const monotonicMs = () => {
      ms += 2
      return ms
    }
    const { from, verify } = await createTestServer({ clock: { epochSeconds: () => now, monotonicMs } })
    const token = await from.sign()
    listen()
    await verify(token)
    await verify(token)
    const [first, second, third] = heard
    assert.equal(third, undefined)
    const { durationMs, ...facts } = first ?? assert.fail('nothing was published')
    assert.ok(durationMs > 0 && durationMs < ms, `${durationMs}`)
    assert.deepEqual(facts, {
      resource,
      outcome: 'accepted',
      code: undefined,
      status: undefined,
      issuer,
      clientId: 'reporter',
      cached: false,
    })
    assert.equal(second?.cached, true)
  })

  it('a refusal has its code and status, and names no client unless the token verified', async () => {
    const { from, verify } = await createTestServer()
    const token = await from.sign()
    listen()
    await verify(token, { all: ['orders:write'] })
    await verify(await from.sign({ exp: from.claims.iat - 60 }))
    await verify(await from.sign({ iss: 'https://attacker.example.com' }))
    await verify('')
    assert.deepEqual(
      heard.map(({ outcome, code, status, issuer, clientId }) => [outcome, code, status, issuer, clientId]),
      [
        ['refused', 'insufficient_scope', 403, issuer, 'reporter'],
        ['refused', 'expired', 401, issuer, undefined],
        ['refused', 'wrong_issuer', 401, undefined, undefined],
        ['refused', 'malformed_credentials', 400, undefined, undefined],
      ],
    )
  })

  it('what a custom requirement or a schema throws is a failure, and its message is not published', async () => {
    const custom = () => {
      throw new Error('postgres://user:password@db')
    }
    const { from, verify, server } = await createTestServer()
    listen()
    await assert.rejects(verify(await from.sign(), { custom }), /postgres/)
    const validate = () => custom()
    const claims = { '~standard': { version: 1, vendor: 'test', validate } } as const
    const withSchema = await createTestServer({ claims })
    await assert.rejects(withSchema.verify(await withSchema.from.sign()), /postgres/)
    assert.deepEqual(
      heard.map(({ outcome, code, status, issuer, clientId }) => [outcome, code, status, issuer, clientId]),
      [
        ['failed', undefined, undefined, issuer, 'reporter'],
        ['failed', undefined, undefined, issuer, undefined],
      ],
    )
    assert.equal(JSON.stringify(heard).includes('postgres'), false)
    assert.deepEqual(server.counters(), { accepted: 0, refused: {}, failed: 1, cacheHits: 0 })
  })

  it('no clock is read and nothing is published while nobody listens', async () => {
    let readings = 0
    const monotonicMs = () => {
      readings += 1
      return 0
    }
    const { verify } = await createTestServer({ clock: { epochSeconds: () => now, monotonicMs } })
    await verify('not.a.token')
    assert.equal(readings, 0)
    assert.equal(heard.length, 0)
    listen()
    await verify('not.a.token')
    assert.ok(readings > 0)
    assert.equal(heard.length, 1)
  })
})

describe('counters and status', () => {
  it('verifications by reason, and those whose token was known', async () => {
    const { from, verify, server } = await createTestServer()
    assert.deepEqual(server.counters(), { accepted: 0, refused: {}, failed: 0, cacheHits: 0 })
    const token = await from.sign()
    await verify(token)
    await verify(token)
    await verify(token, { all: ['orders:write'] })
    await verify('not.a.token')
    await verify('not.a.token')
    assert.deepEqual(server.counters(), {
      accepted: 2,
      refused: { insufficient_scope: 1, malformed_token: 2 },
      failed: 0,
      cacheHits: 2,
    })
  })

  it('how much is held: tokens, and keys of each issuer', async () => {
    const { from, verify, server } = await createTestServer({ cache: { maxTokens: 4 } })
    assert.deepEqual(server.status(), { cachedTokens: 0, maxCachedTokens: 4, keySets: [] })
    for (let n = 0; n < 10; n++) await verify(await from.sign({ jti: `token-${n}` }))
    const { cachedTokens, keySets } = server.status()
    assert.equal(cachedTokens, 4)
    // one that is used again moves on and is not counted twice
    await verify(await from.sign({ jti: 'token-10' }))
    const again = await from.sign({ jti: 'token-11' })
    await verify(again)
    await verify(await from.sign({ jti: 'token-12' }))
    assert.equal(server.status().cachedTokens, 3)
    await verify(again)
    assert.equal(server.status().cachedTokens, 3)
    assert.deepEqual(keySets, [{ issuer, keys: 1, fetchedAt: from.claims.iat }])
  })
})
