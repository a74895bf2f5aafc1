import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, describe, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { assertRefused } from '../support/token.ts'
import { askWith, audience, createKey, makeAssertion, openRegistrar } from './setting.ts'

/** A client's own web server, which counts how often it is asked for keys. */
const publish = async () => {
  let keys: readonly unknown[] = []
  let fetches = 0
  let status = 200
  const server = createServer((_request, response) => {
    fetches++
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('not listening on TCP')
  return {
    url: `http://127.0.0.1:${address.port}/jwks.json`,
    set(published: readonly unknown[]) {
      keys = published
    },
    fail() {
      status = 500
    },
    get fetches() {
      return fetches
    },
  }
}

describe('with --allow-private-addresses', async () => {
  const credence = await startCredence({
    args: ['--allow-private-addresses', '--failed-authentications-per-minute', '100000'],
  })
  after(credence.dispose)
  await credence.createApi({ audience, scopes: ['orders:read'] })
  const registrar = await openRegistrar(credence)
  after(registrar.close)
  const { issuer } = credence

  test('RFC 7591 §2: the keys of a jwks_uri are fetched once and kept; an RSA key without alg is for PS256', async () => {
    const published = await publish()
    const ec = createKey()
    const rsa = createKey('PS256')
    const { alg: _, ...rsaJwk } = rsa.publicJwk
    published.set([ec.publicJwk, rsaJwk])
    await registrar.register('publisher', { jwksUri: published.url })
    const client = { clientId: 'publisher', issuer }
    for (let time = 0; time < 3; time++) {
      assert.equal((await askWith(credence, makeAssertion(ec, client))).status, 200)
      assert.equal((await askWith(credence, makeAssertion(rsa, client))).status, 200)
    }
    assertRefused(await askWith(credence, makeAssertion({ ...rsa, alg: 'RS256' }, client)), 'invalid_client')
    assert.equal(published.fetches, 1)
  })

  test('K1: 50 kids that are made up, in parallel and in turn, cost the client one fetch; its own key goes on working', async () => {
    const published = await publish()
    const key = createKey()
    published.set([key.publicJwk])
    await registrar.register('pestered', { jwksUri: published.url })
    const client = { clientId: 'pestered', issuer }
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => askWith(credence, makeAssertion(createKey(), client))),
    )
    for (const answer of answers) assertRefused(answer, 'invalid_client')
    for (let time = 0; time < 5; time++)
      assertRefused(await askWith(credence, makeAssertion(createKey(), client)), 'invalid_client')
    assert.equal((await askWith(credence, makeAssertion(key, client))).status, 200)
    assert.equal(published.fetches, 1)
  })

  test('39: keys that cannot be had and are not known are a reason for 503 with Retry-After, and no fault of the client', async () => {
    const published = await publish()
    published.fail()
    await registrar.register('away', { jwksUri: published.url })
    const answer = await askWith(credence, makeAssertion(createKey(), { clientId: 'away', issuer }))
    assertRefused(answer, 'temporarily_unavailable', 503)
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
  })

  test('a key that is registered besides works while the jwks_uri does not', async () => {
    const published = await publish()
    published.fail()
    const key = createKey()
    await registrar.register('careful', { jwksUri: published.url })
    await registrar.addKeys('careful', { jwks: { keys: [key.publicJwk] } })
    assert.equal((await askWith(credence, makeAssertion(key, { clientId: 'careful', issuer }))).status, 200)
    assert.equal(published.fetches, 0)
  })
})

describe('without it', async () => {
  const credence = await startCredence()
  after(credence.dispose)
  await credence.createApi({ audience, scopes: ['orders:read'] })
  const registrar = await openRegistrar(credence)
  after(registrar.close)

  test('K4: a jwks_uri on loopback is not fetched', async () => {
    const published = await publish()
    const key = createKey()
    published.set([key.publicJwk])
    await registrar.register('local', { jwksUri: published.url })
    const answer = await askWith(credence, makeAssertion(key, { clientId: 'local', issuer: credence.issuer }))
    assertRefused(answer, 'temporarily_unavailable', 503)
    assert.equal(published.fetches, 0)
    assert.match(credence.output(), /private or special address/)
  })
})
