import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { generateKeyPair } from 'oauth4webapi'
import type { TokenManagerOptions } from '../configuration.ts'
import { createGate, rejectsWith } from '../testing/expect.ts'
import { type Answer, type Received, startAuthorizationServer, tokenBody } from '../testing/fake_server.ts'
import { createFakeTime, timeoutMs } from '../testing/fake_time.ts'
import { createMemoryStore } from '../testing/memory_store.ts'
import { until } from '../testing/start_manager.ts'
import { TokenError } from '../token_error.ts'
import { createTokenManager } from '../token_manager.ts'
import { sealedCache } from './sealed_cache.ts'

const key = (fill: number) => new Uint8Array(32).fill(fill)

/** One server, one store, and as many managers as a test makes: each as if in a process of its own. */
const start = async () => {
  const control: { answer: (received: Received, count: number) => Answer | Promise<Answer> } = { answer: () => ({}) }
  const time = createFakeTime()
  const server = await startAuthorizationServer(async (received, count) => {
    const date = new Date(time.clock.epochSeconds() * 1000).toUTCString()
    return { ...(await control.answer(received, count)), headers: { date } }
  })
  const memory = createMemoryStore(time.clock)
  const { clock, sleep } = time
  const lookups: string[] = []
  const common: TokenManagerOptions = {
    issuer: server.url,
    tokenEndpoint: `${server.url}/oauth/token`,
    clientId: 'job',
    clientSecret: 'canary-secret',
    clock,
    sleep,
    timeoutMs,
    random: () => 0,
    onEvent: (event) => event.type === 'shared_cache' && lookups.push(event.result),
  }
  // in this time a sleep of timeoutMs is a deadline; any other passes at once
  const cache = (keys = [key(1)]) =>
    sealedCache({ store: memory.store, keys, storeTimeoutMs: timeoutMs, partition: 'p' })
  const manager = (options: Partial<TokenManagerOptions> = {}, keys = [key(1)]) => {
    const tokens = createTokenManager({ ...common, sharedCache: cache(keys), ...options })
    return { tokens, get: async () => (await tokens.getToken()).accessToken }
  }
  return {
    control,
    server,
    time,
    memory,
    lookups,
    common,
    manager,
    sent: () => server.tokenRequests().length,
    entry: () => memory.keys().find((name) => !name.includes('lease')) ?? assert.fail('no entry'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

describe('shared cache', () => {
  it('one process asks, another has the token, its type, scope and expiry; the lease is given back', async () => {
    await using it = await start()
    const mine = await it.manager({ scope: 'b a' }).tokens.getToken()
    it.time.advance(100)
    const theirs = await it.manager({ scope: ['a', 'b'] }).tokens.getToken()
    assert.equal(it.sent(), 1)
    assert.equal(theirs.accessToken, mine.accessToken)
    assert.deepEqual([theirs.expiresAt, theirs.scope, theirs.tokenType], [mine.expiresAt, 'b a', 'Bearer'])
    assert.deepEqual(it.lookups, ['miss', 'hit'])
    assert.deepEqual(it.memory.keys(), [it.entry()])
  })

  it('trap: the store sees a hash and what is sealed: no token, no secret, no client, no scope', async () => {
    await using it = await start()
    it.control.answer = () => ({ body: tokenBody('canary-token') })
    await it.manager({ scope: 'canary-scope', clientId: 'canary-client' }).get()
    assert.match(it.entry(), /^[0-9a-f]{64}$/)
    const kept = Buffer.from(String(it.memory.read(it.entry())).slice(3), 'base64').toString('latin1')
    assert.ok(!kept.includes('canary'))
    assert.ok(!inspect(it, { depth: 6, getters: true }).includes('canary-token'))
  })

  it('another scope, audience, client, issuer, credential or partition is another token', async () => {
    await using it = await start()
    const others: Partial<TokenManagerOptions>[] = [
      {},
      { scope: 'a' },
      { audience: 'https://x' },
      { clientId: 'other' },
      { issuer: `${it.server.url}/tenant` },
      { clientSecret: () => ({ current: 's', credentialId: 'c2' }) },
      { sharedCache: sealedCache({ store: it.memory.store, keys: [key(1)], storeTimeoutMs: timeoutMs }) },
    ]
    for (const other of others) await it.manager(other).get()
    assert.equal(it.sent(), others.length)
  })

  it('a cached token is had from memory: the store is not asked', async () => {
    await using it = await start()
    const { get } = it.manager()
    await get()
    const before = it.memory.calls.length
    for (let call = 0; call < 10; call++) await get()
    assert.equal(it.memory.calls.length, before)
  })

  it('eight at once: one asks, the others wait for its result', async () => {
    await using it = await start()
    const gate = createGate()
    it.control.answer = async () => {
      await gate.opened
      return {}
    }
    // polls pass as other work does, and not at once: or the waiters would wait out their bound before the answer
    const sleep: TokenManagerOptions['sleep'] = (milliseconds, signal) =>
      milliseconds === timeoutMs
        ? it.time.sleep(milliseconds, signal)
        : new Promise((resolve) => setImmediate(resolve, true))
    const managers = Array.from({ length: 8 }, () => it.manager({ sleep }))
    const asked = managers.map(({ get }) => get())
    await until(() => it.sent() === 1)
    gate.open()
    assert.deepEqual(await Promise.all(asked), Array(8).fill('token-1'))
    assert.equal(it.sent(), 1)
  })

  it('a renewal that is due: one asks, the others take its result and not the token that is due', async () => {
    await using it = await start()
    const [one, other] = [it.manager(), it.manager()]
    assert.deepEqual([await one.get(), await other.get()], ['token-1', 'token-1'])
    it.time.advance(550)
    await one.get()
    await until(() => it.sent() === 2)
    await until(() => it.memory.keys().length === 1)
    await other.get()
    await until(() => it.lookups.length === 4)
    assert.deepEqual([await one.get(), await other.get()], ['token-2', 'token-2'])
    assert.equal(it.sent(), 2)
  })

  it('another has renewed between our look and our lease: its token', async () => {
    await using it = await start()
    it.memory.faults.set = async () => {
      delete it.memory.faults.set
      await it.manager().get()
    }
    assert.equal(await it.manager().get(), 'token-1')
    assert.equal(it.sent(), 1)
  })

  it('the lease holder is gone: another asks when the lease has ended', async () => {
    await using it = await start()
    const { get } = it.manager()
    await get()
    const lease = `${it.entry()}:lease`
    const second = it.manager()
    it.time.advance(600)
    await it.memory.write(lease, 'the dead', { ttlMs: 5_000, onlyIfAbsent: true })
    const before = it.time.clock.monotonicMs()
    assert.equal(await second.get(), 'token-2')
    const waited = it.time.clock.monotonicMs() - before
    assert.ok(waited >= 5_000 && waited < 5_500, `${waited} ms`)
  })

  it('a holder that lives but has no result: twice the lease is waited, then asked without it', async () => {
    await using it = await start()
    await it.manager().get()
    const lease = `${it.entry()}:lease`
    it.time.advance(600)
    await it.memory.write(lease, 'the slow', { ttlMs: 3_600_000, onlyIfAbsent: true })
    const before = it.time.clock.monotonicMs()
    assert.equal(await it.manager().get(), 'token-2')
    const waited = it.time.clock.monotonicMs() - before
    assert.ok(waited >= 10_000 && waited < 10_500, `${waited} ms`)
  })

  it('a request that fails: its error as it is, nothing kept, the lease given back', async () => {
    await using it = await start()
    it.control.answer = () => ({ status: 401, body: { error: 'invalid_client' } })
    await rejectsWith(it.manager().tokens.getToken(), 'invalid_client')
    assert.deepEqual(it.memory.keys(), [])
    it.control.answer = () => ({})
    assert.equal(await it.manager().get(), 'token-2')
  })

  it('forceRefresh asks whatever is shared, and shares the result', async () => {
    await using it = await start()
    await it.manager().get()
    const { tokens } = it.manager()
    const before = it.memory.calls.length
    assert.equal((await tokens.getToken({ forceRefresh: true })).accessToken, 'token-2')
    assert.deepEqual(it.memory.calls.slice(before), ['set entry'])
    assert.equal(await it.manager().get(), 'token-2')
  })

  it('a token that is due is handed out while the server is away', async () => {
    await using it = await start()
    await it.manager().get()
    it.time.advance(580)
    it.control.answer = () => ({ status: 503, body: 'away' })
    assert.equal(await it.manager().get(), 'token-1')
  })
})

describe('shared cache: a store that cannot be relied on is a miss', () => {
  const failing = async () => {
    throw new Error('canary')
  }
  for (const call of ['get', 'set', 'remove'] as const)
    it(`${call} fails: every manager has a token`, async () => {
      await using it = await start()
      it.memory.faults[call] = failing
      for (const count of [1, 2]) assert.ok((await it.manager().get()).startsWith('token-'), `${count}`)
    })

  for (const call of ['get', 'set', 'remove'] as const)
    it(`${call} does not answer: every manager has a token when storeTimeoutMs are over`, async () => {
      await using it = await start()
      let hanging = 0
      it.memory.faults[call] = () => {
        hanging++
        return new Promise<never>(() => undefined)
      }
      let isHad = false
      const asked = it
        .manager()
        .get()
        .finally(() => {
          isHad = true
        })
      // each call of the store is waited for once, so that there are few of them
      for (let waits = 1; waits <= 3 && !isHad; waits++) {
        await until(() => isHad || hanging === waits)
        if (!isHad) it.time.advance(timeoutMs / 1000)
      }
      assert.equal(await asked, 'token-1')
    })

  it('a store that throws at once, or answers with something else', async () => {
    await using it = await start()
    const answers: (() => never | unknown)[] = [
      () => {
        throw new Error('canary')
      },
      () => undefined,
      () => 5,
      () => ({}),
      () => 'garbage',
      () => 'x'.repeat(1_000_000),
    ]
    for (const answer of answers) {
      const call = answer as () => Promise<never>
      const store = { get: call, set: async () => true, remove: call }
      const sharedCache = sealedCache({ store, keys: [key(1)], storeTimeoutMs: timeoutMs })
      assert.ok((await it.manager({ sharedCache }).get()).startsWith('token-'))
    }
    assert.equal(it.sent(), answers.length)
  })

  it('an entry that is expired, foreign, moved to another key, tampered with or sealed by a key that has left', async () => {
    await using it = await start()
    await it.manager().get()
    const name = it.entry()
    const sealed = String(it.memory.read(name))
    await it.manager({ scope: 'other' }).get()
    const moved = String(it.memory.read(it.memory.keys().find((other) => other !== name) ?? ''))
    const kept = { ttlMs: 3_600_000, onlyIfAbsent: false }
    const tampered = sealed.replace(/.(?=.{6}$)/, (letter) => (letter === 'A' ? 'B' : 'A'))
    for (const entry of [moved, tampered, '{}']) {
      await it.memory.write(name, entry, kept)
      const before = it.sent()
      await it.manager().get()
      assert.equal(it.sent(), before + 1)
    }
    // by its own time, though the store has kept it
    await it.memory.write(name, sealed, kept)
    it.time.advance(599)
    await it.manager().get()
    assert.equal(it.sent(), 6)
    await it.manager({}, [key(2)]).get()
    assert.equal(it.sent(), 7)
    await it.manager({}, [key(3), key(2)]).get()
    assert.equal(it.sent(), 7)
  })

  it('trap: an entry from the future is a miss for a machine whose clock is behind, until it knows by how much', async () => {
    await using it = await start()
    await it.manager().get()
    const { clock } = it.time
    const behind = { epochSeconds: () => clock.epochSeconds() - 300, monotonicMs: () => clock.monotonicMs() }
    const late = it.manager({ clock: behind })
    assert.equal(await late.get(), 'token-2')
    const token = await late.tokens.getToken()
    assert.equal(token.expiresAt, clock.epochSeconds() + 300)
    // and what it shares has the server's time
    it.time.advance(200)
    const { expiresAt } = await it.manager().tokens.getToken()
    // a skew is known to the second, and read so that a token seems older and not younger
    assert.equal(expiresAt, clock.epochSeconds() + 399)
    assert.equal(it.sent(), 2)
  })
})

describe('shared cache: invalidate', () => {
  it('forgets the shared token that was refused, for everybody', async () => {
    await using it = await start()
    const { tokens, get } = it.manager()
    tokens.invalidate(await get())
    await until(() => it.memory.keys().length === 0)
    assert.equal(await it.manager().get(), 'token-2')
  })

  it('leaves another token where it is: compare and invalidate', async () => {
    await using it = await start()
    const { tokens, get } = it.manager()
    const refused = await get()
    await it.manager().tokens.getToken({ forceRefresh: true })
    const calls = it.memory.calls.length
    tokens.invalidate(refused)
    await until(() => it.memory.calls.length > calls)
    assert.equal(await get(), 'token-2')
    assert.equal(it.sent(), 2)
  })

  it('a token this process does not hold: the store is not asked', async () => {
    await using it = await start()
    const { tokens, get } = it.manager()
    await get()
    const calls = it.memory.calls.length
    tokens.invalidate('another')
    await get()
    assert.equal(it.memory.calls.length, calls)
  })

  it('a refused token does not come back from a store that has kept it', async () => {
    await using it = await start()
    it.memory.faults.remove = async () => {
      throw new Error('read only')
    }
    const { tokens, get } = it.manager()
    tokens.invalidate(await get())
    it.time.advance(6)
    assert.equal(await get(), 'token-2')
  })
})

describe('shared cache: bound tokens', () => {
  it('RFC 9449: with a key of its own each a token of one manager alone is an error; with one key for all they share', async () => {
    await using it = await start()
    it.control.answer = (_received, count) => ({ body: tokenBody(`token-${count}`, { token_type: 'DPoP' }) })
    assert.throws(() => it.manager({ dpop: {} }), /dpop\.key/)
    const [one, other] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')]
    for (const dpop of [one, one, other]) {
      const { tokens } = it.manager({ dpop: { key: dpop } })
      assert.equal((await tokens.getToken()).tokenType, 'DPoP')
    }
    assert.equal(it.sent(), 2)
  })

  it('another grant and a client certificate need a partition', async () => {
    await using it = await start()
    const sharedCache = sealedCache({ store: it.memory.store, keys: [key(1)] })
    const grant = { type: 'urn:example', parameters: () => [] }
    const auth = Object.assign(() => undefined, { usesMtlsAliases: true })
    for (const options of [{ grant }, { clientSecret: undefined, auth }])
      assert.throws(
        () => createTokenManager({ ...it.common, ...options, sharedCache }),
        (error) => error instanceof TokenError && /partition/.test(error.message),
      )
    await it.manager({ grant }).get()
  })

  it('the options are checked', () => {
    const { store } = createMemoryStore()
    for (const wrong of [{ leaseMs: 99 }, { storeTimeoutMs: 0 }, { leaseMs: 1.5 }, { keys: [] }])
      assert.throws(() => sealedCache({ store, keys: [key(1)], ...wrong }), { code: 'invalid_configuration' })
  })
})
