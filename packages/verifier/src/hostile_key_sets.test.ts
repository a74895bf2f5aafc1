import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import type { KeySetSnapshot } from '@credence/jwt'
import type { Refusal } from './refusal.ts'
import { type Accepted, createResourceServer } from './resource_server.ts'
import { createTestIssuer, createTestServer, issuer, now, resource } from './testing/test_issuer.ts'

const servers: ReturnType<typeof createServer>[] = []

/** A server on loopback; returns its origin. */
const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

after(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

const json = { 'content-type': 'application/json' }
const bearer = (token: string) => ({ method: 'GET', url: '/', headers: { authorization: `Bearer ${token}` } })

const accepted = (result: Accepted | Refusal) =>
  assert.ok(result.ok, result.ok ? '' : `${result.code} ${result.detail}`)

const refused = (result: Accepted | Refusal, status: number, code: Refusal['code']): Refusal => {
  assert.ok(!result.ok, 'accepted')
  assert.deepEqual([result.status, result.code], [status, code], result.detail)
  return result
}

/** What a resource server says to a good token when its issuer's key set is answered so. */
const withKeySet = async (listener: RequestListener, jwksUri?: (origin: string) => string) => {
  const origin = await serve(listener)
  const from = await createTestIssuer({ iss: origin })
  const seconds = Math.floor(Date.now() / 1000)
  const server = createResourceServer({
    resource,
    issuers: [{ issuer: origin, jwksUri: jwksUri?.(origin) ?? `${origin}/keys` }],
  })
  return server.verify(bearer(await from.sign({ iat: seconds, exp: seconds + 60 })))
}

describe('createResourceServer: key sets', () => {
  it('K1: failures count towards the cool-down', async () => {
    const { clock, from, network, fetches, verify } = await createTestServer()
    accepted(await verify(await from.sign()))
    network.clear()
    const before = fetches.length
    clock.advance(31)
    for (let i = 0; i < 50; i++) refused(await verify(await from.sign({}, { kid: `random-${i}` })), 401, 'unknown_key')
    // one attempt, which looks for metadata in both places
    assert.equal(fetches.length - before, 2)
  })

  it('K2: with the issuer down a new kid fails closed, and is found as soon as the issuer is back', async () => {
    const { clock, from, network, verify } = await createTestServer()
    const next = await createTestIssuer({ kid: 'key-2' })
    accepted(await verify(await from.sign()))
    const documents = [...network]
    network.clear()
    clock.advance(3600)
    const later = { iat: now + 3600, exp: now + 4800 }
    refused(await verify(await next.sign(later)), 401, 'unknown_key')
    accepted(await verify(await from.sign(later)))
    for (const [url, document] of documents) network.set(url, document)
    network.set(`${issuer}/keys`, { keys: [from.jwk, next.jwk] })
    clock.advance(30)
    accepted(await verify(await next.sign(later)))
  })

  it('K2: a day without the issuer is the bound: then 503, and not 401', async () => {
    const { clock, from, network, verify } = await createTestServer()
    accepted(await verify(await from.sign()))
    network.clear()
    clock.advance(86_400)
    const later = { iat: now + 86_400, exp: now + 87_000 }
    const refusal = refused(await verify(await from.sign(later)), 503, 'keys_unavailable')
    assert.ok(Number(refusal.headers['retry-after']) >= 1)
  })

  it('K3: an answer without end, one that is cut off, a redirect, another content type, an empty set: 503, with the reason for the operator', async () => {
    const cases: readonly [RegExp, RequestListener][] = [
      [
        /more than 65536 bytes/,
        (_, response) => {
          response.writeHead(200, json)
          const more = () => {
            while (!response.destroyed && response.write(Buffer.alloc(16_384, 0x20)));
          }
          response.on('drain', more)
          more()
        },
      ],
      [
        /aborted|socket hang up|ECONNRESET/,
        (_, response) => {
          response.writeHead(200, json).write('{"keys":')
          setImmediate(() => response.destroy())
        },
      ],
      [/status 302/, (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end()],
      [/content type/, (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('{"keys":[]}')],
      [/no usable key/, (_, response) => response.writeHead(200, json).end('{"keys":[]}')],
      [/twice/, (_, response) => response.writeHead(200, json).end('{"keys":[],"keys":[]}')],
      [/status 500/, (_, response) => response.writeHead(500).end()],
    ]
    for (const [reason, listener] of cases) {
      const refusal = refused(await withKeySet(listener), 503, 'keys_unavailable')
      assert.match(refusal.detail ?? '', reason)
      assert.doesNotMatch(refusal.body, reason)
    }
  })

  it('K3: two keys with one kid name none, and the same kid with new material replaces the old', async () => {
    const { clock, from, network, verify } = await createTestServer()
    const other = await createTestIssuer()
    network.set(`${issuer}/keys`, { keys: [from.jwk, other.jwk, (await createTestIssuer({ kid: 'key-2' })).jwk] })
    refused(await verify(await from.sign()), 401, 'unknown_key')
    network.set(`${issuer}/keys`, { keys: [other.jwk] })
    clock.advance(300)
    const later = { iat: now + 300, exp: now + 600 }
    refused(await verify(await from.sign(later)), 401, 'bad_signature')
    accepted(await verify(await other.sign(later)))
  })

  it('K4: metadata cannot send the verifier to an address inside, in whatever notation', async () => {
    const from = await createTestIssuer()
    for (const jwksUri of [
      'https://127.0.0.1/keys',
      'https://169.254.169.254/keys',
      'https://[::ffff:127.0.0.1]/keys',
      'https://2130706433/keys',
      'http://localhost/keys',
    ]) {
      const server = createResourceServer({ resource, issuers: [{ issuer, jwksUri }] })
      const seconds = Math.floor(Date.now() / 1000)
      const result = await server.verify(bearer(await from.sign({ iat: seconds, exp: seconds + 60 })))
      assert.match(refused(result, 503, 'keys_unavailable').detail ?? '', /private or special address/)
    }
  })

  it('K4: an issuer on loopback cannot send it into the private network', async () => {
    const refusal = await withKeySet(
      () => {},
      () => 'https://10.0.0.1/keys',
    )
    assert.match(refused(refusal, 503, 'keys_unavailable').detail ?? '', /10\.0\.0\.1 is a private or special address/)
  })
})

describe('createResourceServer: issuers are apart', () => {
  const second = 'https://auth.example.org'

  it('V15: an issuer whose answers hang keeps no token of another waiting', async () => {
    const [a, b] = [await createTestIssuer(), await createTestIssuer({ iss: second })]
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const fetchDocument = async (url: string) => {
      if (url.startsWith(second)) await gate
      return { document: { keys: [url.startsWith(second) ? b.jwk : a.jwk] }, maxAgeSeconds: undefined }
    }
    const issuers = [issuer, second].map((name) => ({ issuer: name, jwksUri: `${name}/keys` }))
    const { server } = await createTestServer({ issuers, fetchDocument })
    const hanging = server.verify(bearer(await b.sign()))
    accepted(await server.verify(bearer(await a.sign())))
    release()
    accepted(await hanging)
  })

  it('V15: made-up kids of one issuer use up nothing of another', async () => {
    const [a, b, next] = [
      await createTestIssuer(),
      await createTestIssuer({ iss: second }),
      await createTestIssuer({ iss: second, kid: 'key-2' }),
    ]
    const network = new Map<string, object>([
      [`${issuer}/keys`, { keys: [a.jwk] }],
      [`${second}/keys`, { keys: [b.jwk] }],
    ])
    const fetches: string[] = []
    const issuers = [issuer, second].map((name) => ({ issuer: name, jwksUri: `${name}/keys` }))
    const fetchDocument = async (url: string) => {
      fetches.push(url)
      return { document: { ...network.get(url) }, maxAgeSeconds: undefined }
    }
    const { clock, verify } = await createTestServer({ issuers, fetchDocument })
    accepted(await verify(await a.sign()))
    accepted(await verify(await b.sign()))
    clock.advance(31)
    for (let i = 0; i < 50; i++) refused(await verify(await a.sign({}, { kid: `random-${i}` })), 401, 'unknown_key')
    network.set(`${second}/keys`, { keys: [b.jwk, next.jwk] })
    accepted(await verify(await next.sign()))
    assert.deepEqual(fetches.filter((url) => url.startsWith(second)).length, 2)
  })

  it('V15: a key set of one issuer that also holds the kid of another verifies nothing of it', async () => {
    const [a, b] = [await createTestIssuer(), await createTestIssuer({ iss: second })]
    const { network, verify } = await createTestServer({ issuers: [{ issuer }, { issuer: second }] })
    network.set(`${issuer}/keys`, { keys: [a.jwk] })
    network.set(`${second}/.well-known/oauth-authorization-server`, { issuer: second, jwks_uri: `${second}/keys` })
    network.set(`${second}/keys`, { keys: [b.jwk, { ...b.jwk, kid: 'stolen' }] })
    accepted(await verify(await b.sign()))
    refused(await verify(await b.sign({ iss: issuer })), 401, 'bad_signature')
    refused(await verify(await b.sign({ iss: issuer }, { kid: 'stolen' })), 401, 'unknown_key')
  })
})

describe('createResourceServer: starting without the issuer, and being watched', () => {
  it('exportKeys and hydrate: a server starts with the keys of the last run while the issuer is away', async () => {
    const { from, server, verify } = await createTestServer()
    assert.deepEqual(server.exportKeys(), [])
    accepted(await verify(await from.sign()))
    const saved: readonly KeySetSnapshot[] = JSON.parse(JSON.stringify(server.exportKeys()))
    assert.deepEqual(saved, [{ issuer, fetchedAt: now, keys: [from.jwk] }])
    const restarted = await createTestServer({ issuers: [{ issuer, hydrate: saved[0] }] })
    restarted.network.clear()
    accepted(await restarted.verify(await from.sign()))
    assert.throws(
      () => createResourceServer({ resource, issuers: [{ issuer: 'https://auth.example.org', hydrate: saved[0] }] }),
      TypeError,
    )
  })

  it('credence:verifier:keys says when keys were fetched, how long it took, how many there are, and what failed', async () => {
    const events: unknown[] = []
    const note = (event: unknown) => events.push(event)
    subscribe('credence:verifier:keys', note)
    try {
      const { clock, from, network, verify } = await createTestServer()
      accepted(await verify(await from.sign()))
      network.clear()
      clock.advance(300)
      accepted(await verify(await from.sign()))
    } finally {
      unsubscribe('credence:verifier:keys', note)
    }
    assert.deepEqual(events.slice(0, 2), [
      { type: 'started', issuer },
      { type: 'succeeded', issuer, durationMs: 0, keys: 1, skipped: 0 },
    ])
    assert.deepEqual(events.slice(2), [
      { type: 'started', issuer },
      { type: 'failed', issuer, durationMs: 0, error: 'connect ECONNREFUSED; connect ECONNREFUSED' },
    ])
  })
})
