import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TokenManagerOptions } from './configuration.ts'
import type { Secret } from './secret_sources/secret_source.ts'
import { type Answer, startServer, tokenBody } from './testing/fake_server.ts'
import { createFakeTime, timeoutMs } from './testing/fake_time.ts'
import { TokenError } from './token_error.ts'
import { createTokenManager } from './token_manager.ts'

const start = async (answers: readonly (Answer | 'cut')[] = [], options: Partial<TokenManagerOptions> = {}) => {
  const time = createFakeTime()
  const now = time.clock.epochSeconds()
  const log: string[] = []
  const state = { stored: { current: 's0', expiresAt: now + 100 } as Secret, endpoint: '', failed: [] as TokenError[] }
  let asked = 0
  const server = await startServer(({ path, headers }, response) => {
    const [, presented] = atob((headers.authorization ?? ' ').split(' ')[1] ?? '').split(':')
    if (path === '/token') {
      log.push(`token with ${presented}`)
      return { body: tokenBody('a') }
    }
    if (path === '/credentials') {
      log.push(`replace ${presented}`)
      const answer = answers[asked++]
      if (answer === 'cut') response.destroy()
      const expires = time.clock.epochSeconds() + 1_000
      const body = { client_secret: `s${asked}`, credential_id: `c${asked}`, client_secret_expires_at: expires }
      return answer === 'cut' ? undefined : (answer ?? { status: 201, body })
    }
    return {
      body: {
        issuer: server.url,
        token_endpoint: `${server.url}/token`,
        credence_credentials_endpoint: state.endpoint || `${server.url}/credentials`,
      },
    }
  })
  const settled = { count: 0 }
  const create = (more: Partial<TokenManagerOptions> = {}) =>
    createTokenManager({
      issuer: server.url,
      clientId: 'job',
      clientSecret: async () => state.stored,
      ...time,
      timeoutMs,
      ...options,
      ...more,
      managedRotation: {
        writeTo: async (secret) => {
          log.push(`write ${secret.current} beside ${secret.previous}`)
          state.stored = secret
        },
        onReplaced: ({ credentialId }) => {
          log.push(`replaced by ${credentialId}`)
          settled.count++
        },
        onFailed: (error) => {
          log.push(`failed: ${error.code}`)
          state.failed.push(error)
          settled.count++
        },
        ...options.managedRotation,
        ...more.managedRotation,
      },
    })
  const untilSettled = async (count: number) => {
    while (settled.count < count) await new Promise((next) => setImmediate(next))
  }
  return { time, log, state, create, untilSettled, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** Long enough for what would be done behind a caller's back. */
const rest = async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise((next) => setImmediate(next))
}

describe('managed rotation', () => {
  it('the new secret is written before it is used, and used at once; the old one stands beside it', async () => {
    await using it = await start()
    await it.create().getToken()
    await it.untilSettled(1)
    assert.deepEqual(it.log, ['token with s0', 'replace s0', 'write s1 beside s0', 'token with s1', 'replaced by c1'])
    const { credentialId, expiresAt } = it.state.stored
    assert.equal(credentialId, 'c1')
    assert.equal(expiresAt, it.time.clock.epochSeconds() + 1_000)
  })

  it('not before it is due: a third of its life, or what is asked for', async () => {
    await using it = await start()
    const now = it.time.clock.epochSeconds()
    it.state.stored = { current: 's0', createdAt: now, expiresAt: now + 900 }
    const tokens = it.create()
    await tokens.getToken()
    it.time.advance(599)
    await tokens.getToken({ forceRefresh: true })
    await rest()
    assert.deepEqual(it.log, ['token with s0', 'token with s0'])
    it.time.advance(1)
    await tokens.getToken({ forceRefresh: true })
    await it.untilSettled(1)
    assert.equal(it.state.stored.current, 's1')
  })

  it('one that never expires stays; of one whose expiry is not known the replacement’s is', async () => {
    await using it = await start()
    it.state.stored = { current: 's0', expiresAt: Number.POSITIVE_INFINITY }
    await it.create().getToken()
    await rest()
    assert.deepEqual(it.log, ['token with s0'])
    it.state.stored = { current: 's0' }
    await it.create().getToken()
    await it.untilSettled(1)
    assert.equal(it.state.stored.current, 's1')
  })

  it('a source that keeps the secret alone: what was told of its expiry is not lost, and it is replaced once', async () => {
    await using it = await start()
    const create = () =>
      it.create({
        clientSecret: async () => it.state.stored.current,
        managedRotation: {
          writeTo: ({ current }) => {
            it.state.stored = { current }
          },
        },
      })
    const tokens = create()
    await tokens.getToken()
    await it.untilSettled(1)
    for (let request = 0; request < 3; request++) await tokens.getToken({ forceRefresh: true })
    await rest()
    assert.deepEqual(
      it.log.filter((line) => line.startsWith('replace ')),
      ['replace s0'],
    )
    it.time.advance(999)
    await tokens.getToken({ forceRefresh: true })
    await it.untilSettled(2)
    assert.equal(it.state.stored.current, 's2')
  })

  it('a token request that was under way with the old secret does not bring it back', async () => {
    const held = Promise.withResolvers<void>()
    let isHeld = false
    await using it = await start([], {
      fetch: async (input, init) => {
        const answer = await fetch(input, init)
        if (isHeld && String(init?.body).includes('slow')) await held.promise
        return answer
      },
    })
    it.state.stored = { current: 's0', expiresAt: Number.POSITIVE_INFINITY }
    const tokens = it.create()
    await tokens.getToken()
    isHeld = true
    const slow = tokens.getToken({ scope: 'slow' })
    await rest()
    it.state.stored = { current: 's0', expiresAt: it.time.clock.epochSeconds() + 100 }
    await tokens.getToken({ scope: 'other' })
    await it.untilSettled(1)
    // the source has been read since the replacement, so that nothing but the late answer could change the choice
    await tokens.getToken({ scope: 'third' })
    held.resolve()
    await slow
    await tokens.getToken({ scope: 'fourth' })
    assert.equal(it.log.at(-1), 'token with s1')
  })

  it('the sink fails: the new secret is never used, the old one is, and it is tried again after five minutes', async () => {
    let broken = true
    await using it = await start()
    const writeTo = async (secret: Secret) => {
      if (broken) throw new Error(`disk full: canary ${secret.current}`)
      it.state.stored = secret
    }
    const { managedRotation } = { managedRotation: { writeTo } }
    const tokens = it.create({ managedRotation })
    await tokens.getToken()
    await it.untilSettled(1)
    assert.match(String(it.state.failed[0]?.message), /could not be written, so it is not used: Error$/)
    await tokens.getToken({ forceRefresh: true })
    await rest()
    assert.deepEqual(it.log, ['token with s0', 'replace s0', 'failed: credential_unavailable', 'token with s0'])
    broken = false
    it.time.advance(300)
    await tokens.getToken({ forceRefresh: true })
    await it.untilSettled(2)
    assert.equal(it.state.stored.current, 's2')
    tokens.close()
  })

  it('the answer is lost: the old one is used, and asks again', async () => {
    await using it = await start(['cut'])
    const tokens = it.create()
    await tokens.getToken()
    await it.untilSettled(1)
    it.time.advance(300)
    await tokens.getToken({ forceRefresh: true })
    await it.untilSettled(2)
    assert.deepEqual(it.log.slice(1, 4), ['replace s0', 'failed: network_error', 'token with s0'])
    assert.equal(it.state.stored.current, 's2')
  })

  it('429 with Retry-After is heeded, and holds up no token', async () => {
    const tooSoon = { status: 429, headers: { 'retry-after': '7200' }, body: { error: 'temporarily_unavailable' } }
    await using it = await start([tooSoon])
    const tokens = it.create()
    await tokens.getToken()
    await it.untilSettled(1)
    it.time.advance(7_199)
    await tokens.getToken({ forceRefresh: true })
    await rest()
    assert.deepEqual(
      it.log.filter((line) => line.startsWith('replace')),
      ['replace s0'],
    )
    it.time.advance(1)
    await tokens.getToken({ forceRefresh: true })
    await it.untilSettled(2)
    assert.equal(it.state.stored.current, 's2')
  })

  it('another process has replaced it: the source is read again, and nothing is asked for', async () => {
    await using it = await start()
    const now = it.time.clock.epochSeconds()
    const held: Secret = { current: 's0', expiresAt: now + 100 }
    const store = {
      get: async () => held,
      reload: async () => ({ current: 's9', createdAt: now, expiresAt: now + 900 }),
    }
    await it.create({ clientSecret: store }).getToken()
    await rest()
    assert.deepEqual(it.log, ['token with s0'])
  })

  it('several managers of one process: one replaces', async () => {
    await using it = await start()
    await Promise.all([1, 2, 3, 4].map(() => it.create().getToken()))
    await it.untilSettled(1)
    await rest()
    assert.equal(it.log.filter((line) => line.startsWith('replace ')).length, 1)
    assert.equal(it.state.failed.length, 0)
  })

  it('a source that knows nothing of it goes on giving the old secret: the new one is used until it gives another', async () => {
    await using it = await start()
    let given: Secret = it.state.stored
    const tokens = it.create({ clientSecret: async () => given })
    await tokens.getToken()
    await it.untilSettled(1)
    await tokens.getToken({ forceRefresh: true })
    given = { current: 's7', expiresAt: Number.POSITIVE_INFINITY }
    await tokens.getToken({ forceRefresh: true })
    assert.deepEqual(it.log.slice(-2), ['token with s1', 'token with s7'])
  })

  it('C1: the credential goes to no other origin than the issuer’s', async () => {
    await using it = await start()
    it.state.endpoint = 'https://elsewhere.example.com/credentials'
    await it.create().getToken()
    await it.untilSettled(1)
    assert.deepEqual(it.log, ['token with s0', 'failed: untrusted_endpoint'])
  })

  it('C2: what the server repeats is withheld', async () => {
    await using it = await start([
      { status: 400, body: { error: 'unauthorized_client', error_description: 'you sent s0' } },
    ])
    await it.create().getToken()
    await it.untilSettled(1)
    assert.match(String(it.state.failed[0]?.message), /unauthorized_client: \(withheld/)
  })

  it('invalid_configuration: without a secret to replace, or without the metadata', () => {
    const managedRotation = { writeTo: () => undefined }
    const base = { issuer: 'https://as.example.com', clientId: 'a', managedRotation }
    const tokenEndpoint = 'https://as.example.com/token'
    const noNotice = { clientSecret: 'a', managedRotation: { ...managedRotation, beforeExpirySeconds: 0 } }
    for (const wrong of [{ auth: () => undefined }, { clientSecret: 'a', tokenEndpoint }, noNotice]) {
      assert.throws(
        () => createTokenManager({ ...base, ...wrong }),
        (error) => error instanceof TokenError && error.code === 'invalid_configuration',
      )
    }
  })
})
