import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Secret } from '../secret_sources/secret_source.ts'
import { rejectsWith } from '../testing/expect.ts'
import { startAuthorizationServer } from '../testing/fake_server.ts'
import { TokenError } from '../token_error.ts'
import { createTokenManager } from '../token_manager.ts'
import { clientSecretBasic } from './client_secret_basic.ts'

/** A server that accepts some secrets, a source whose secret a test can change, and what was presented. */
const start = async (secret: Secret, accepted: readonly string[]) => {
  const state = { secret, accepted, told: [] as string[], reloads: 0 }
  const server = await startAuthorizationServer(({ headers }) => {
    const [, presented = ''] = Buffer.from((headers.authorization ?? '').slice(6), 'base64')
      .toString()
      .split(':')
    return state.accepted.includes(presented) ? {} : { status: 401, body: { error: 'invalid_client' } }
  })
  let held: Secret = secret
  const store = {
    get: async () => held,
    reload: async () => {
      held = state.secret
      state.reloads++
      return held
    },
  }
  const tokens = createTokenManager({
    issuer: server.url,
    clientId: 'job',
    clientSecret: store,
    onSecretRejected: ({ credentialId }) => state.told.push(`rejected ${credentialId}`),
    onPreviousSecretUsed: ({ credentialId }) => {
      state.told.push(`previous of ${credentialId}`)
      throw new Error('a hook that fails')
    },
  })
  const presented = () =>
    server.tokenRequests().map(({ headers }) => atob((headers.authorization ?? '').slice(6)).split(':')[1])
  return {
    state,
    ask: () => tokens.getToken({ forceRefresh: true }),
    presented,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

describe('a secret that is refused', () => {
  it('the source has another by now: that one is tried, once', async () => {
    await using client = await start({ current: 's1', credentialId: 'c1' }, ['s2'])
    client.state.secret = { current: 's2', previous: 's1', credentialId: 'c2' }
    await client.ask()
    await client.ask()
    assert.deepEqual(client.presented(), ['s1', 's2', 's2'])
    assert.deepEqual(client.state.told, ['rejected c1'])
  })

  it('the source has no other: the previous one is tried, once, and remembered until the source changes', async () => {
    await using client = await start({ current: 's2', previous: 's1', credentialId: 'c2' }, ['s1'])
    await client.ask()
    await client.ask()
    assert.deepEqual(client.presented(), ['s2', 's1', 's1'])
    assert.deepEqual(client.state.told, ['rejected c2', 'previous of c2'])
    client.state.secret = { current: 's3', previous: 's2', credentialId: 'c3' }
    client.state.accepted = ['s3']
    await client.ask()
    assert.deepEqual(client.presented().slice(3), ['s1', 's3'])
  })

  it('the previous one stops working: the current one is tried again', async () => {
    await using client = await start({ current: 's2', previous: 's1' }, ['s1'])
    await client.ask()
    client.state.accepted = ['s2']
    await client.ask()
    await client.ask()
    assert.deepEqual(client.presented(), ['s2', 's1', 's1', 's2', 's2'])
  })

  it('none works: two requests, and invalid_client', async () => {
    await using client = await start({ current: 's2', previous: 's1', credentialId: 'c2' }, [])
    await rejectsWith(client.ask(), 'invalid_client')
    assert.deepEqual(client.presented(), ['s2', 's1'])
    assert.deepEqual(client.state.told, ['rejected c2', 'rejected undefined'])
    assert.equal(client.state.reloads, 1)
  })

  it('there is nothing else: one request', async () => {
    await using client = await start({ current: 's2' }, [])
    await rejectsWith(client.ask(), 'invalid_client')
    assert.deepEqual(client.presented(), ['s2'])
  })

  it('the source is away: the error is still the server’s', async () => {
    await using server = await startAuthorizationServer(() => ({ status: 401, body: { error: 'invalid_client' } }))
    const clientSecret = {
      get: async () => ({ current: 's1' }),
      reload: () => Promise.reject(new Error('away')),
    }
    await rejectsWith(
      createTokenManager({ issuer: server.url, clientId: 'a', clientSecret }).getToken(),
      'invalid_client',
    )
    assert.equal(server.tokenRequests().length, 1)
  })
})

describe('client_secret_basic', () => {
  it('RFC 6749 §2.3.1: strict is form-encoded, raw is UTF-8 as it is, outside of Latin-1 too', async () => {
    await using server = await startAuthorizationServer()
    const secret = 'p%+ /:é€😀'
    for (const encoding of ['strict', 'raw'] as const) {
      const auth = clientSecretBasic(secret, { encoding })
      await createTokenManager({ issuer: server.url, clientId: 'job-1', auth }).getToken()
    }
    const sent = server
      .tokenRequests()
      .map(({ headers }) => Buffer.from(String(headers.authorization).slice(6), 'base64'))
    assert.deepEqual(sent.map(String), [
      `job%2D1:${new URLSearchParams({ a: secret }).toString().slice(2)}`,
      `job-1:${secret}`,
    ])
  })

  it('C2: a raw secret that the server repeats is withheld', async () => {
    for (const secret of ['canary%zz', 'canary+%25', 'canary-é€😀']) {
      await using server = await startAuthorizationServer(() => ({
        status: 401,
        body: { error: 'invalid_client', error_description: `not ${secret}` },
      }))
      const auth = clientSecretBasic(secret, { encoding: 'raw' })
      const tokens = createTokenManager({ issuer: server.url, clientId: 'a', auth })
      assert.match((await rejectsWith(tokens.getToken(), 'invalid_client')).message, /withheld/)
    }
  })

  it('raw: a client id with a colon cannot be told from the secret', async () => {
    await using server = await startAuthorizationServer()
    const auth = clientSecretBasic('secret', { encoding: 'raw' })
    await rejectsWith(
      createTokenManager({ issuer: server.url, clientId: 'a:b', auth }).getToken(),
      'invalid_configuration',
    )
  })

  it('invalid_configuration: another encoding', () => {
    const encoding: string = 'base64'
    assert.throws(() => Reflect.apply(clientSecretBasic, undefined, ['a', { encoding }]), TokenError)
  })
})
