import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryReplayStore, type DpopErrorCode, type ReplayStore } from '@credence/jwt'
import { parseChallenges } from '@credence/protocol'
import { createDpopClient } from '../testing/dpop_client.ts'
import { accepted, refused, refusedAsInvalid } from '../testing/results.ts'
import { createTestIssuer, createTestServer, issuer, now, resource } from '../testing/test_issuer.ts'

const client = await createDpopClient()
const { from, server, verify } = await createTestServer({ dpop: {} })
const token = await from.sign({ cnf: { jkt: client.jkt } })

const send = (
  proof: string,
  over: { readonly url?: string; readonly method?: string; readonly headers?: object } = {},
) => {
  const request = client.request(token, proof)
  return server.verify({ ...request, ...over, headers: { ...request.headers, ...over.headers } })
}
const refusedProof = async (proof: string, code: DpopErrorCode) =>
  refused(await send(proof), { status: 401, error: 'invalid_dpop_proof', code })

describe('DPoP-bound tokens', () => {
  it('RFC 9449 §7.1: a token with a proof of its key is accepted, whatever the letter case of the scheme', async () => {
    const result = accepted(await server.verify(client.request(token), { all: ['orders:read'] }))
    assert.deepEqual(result.token.claims.cnf, { jkt: client.jkt })
    assert.deepEqual(result.headers, {})
    accepted(await send(client.prove(token), { headers: { authorization: `dpop ${token}` } }))
    accepted(await server.verify(new Request(`${resource}/orders?page=2`, client.request(token))))
    accepted(await verify(await from.sign()))
  })

  it('V11, checklist 37: cnf.jkt sent as Bearer is refused, with and without a good proof', async () => {
    const authorization = `Bearer ${token}`
    for (const dpop of [undefined, client.prove(token)]) {
      const refusal = refusedAsInvalid(
        await server.verify({ method: 'GET', url: '/orders', headers: { authorization, dpop } }),
        'sender_constrained',
      )
      const [bearer, dpopChallenge] = parseChallenges(refusal.challenge ?? '')
      assert.equal(bearer?.parameters.error, 'invalid_token')
      assert.equal(dpopChallenge?.parameters.error, undefined)
    }
  })

  it('V11, checklist 37: the DPoP scheme with an unbound token is refused', async () => {
    const unbound = await from.sign({ jti: 'unbound' })
    for (const _ of ['verified', 'cached']) {
      refusedAsInvalid(await server.verify(client.request(unbound)), 'dpop_unbound_token')
    }
    accepted(await verify(unbound))
    refusedAsInvalid(await server.verify(client.request(unbound)), 'dpop_unbound_token')
  })

  it('V11: no DPoP header, and two', async () => {
    const headers = { authorization: `DPoP ${token}` }
    const missing = { status: 401, error: 'invalid_dpop_proof', code: 'dpop_proof_missing' } as const
    refused(await server.verify({ method: 'GET', url: '/orders', headers }), missing)
    const proofs = [client.prove(token), client.prove(token)]
    const several = { ...missing, code: 'dpop_proof_repeated' } as const
    refused(await server.verify({ ...client.request(token), headers: { ...headers, dpop: proofs } }), several)
    const [dpop, DPoP] = proofs
    refused(await server.verify({ ...client.request(token), headers: { ...headers, dpop, DPoP } }), several)
    const joined = new Headers(headers)
    for (const proof of proofs) joined.append('dpop', proof)
    refused(await server.verify({ method: 'GET', url: '/orders', headers: joined }), several)
  })

  it('V11: wrong ath, htm, htu, iat', async () => {
    await refusedProof(client.prove('another.to.ken'), 'dpop_proof_token')
    await refusedProof(client.prove(token, { ath: undefined }), 'dpop_proof_token')
    await refusedProof(client.prove(token, { htm: 'POST' }), 'dpop_proof_method')
    await refusedProof(client.prove(token, { htu: `${resource}/invoices` }), 'dpop_proof_uri')
    await refusedProof(client.prove(token, { htu: 'https://attacker.example.com/orders' }), 'dpop_proof_uri')
    for (const iat of [now - 61, now + 11]) await refusedProof(client.prove(token, { iat }), 'dpop_proof_time')
    refused(await send(client.prove(token), { method: 'DELETE' }), { code: 'dpop_proof_method' })
    refused(await send(client.prove(token), { url: '/orders/1' }), { code: 'dpop_proof_uri' })
  })

  it('V11: a proof by another key → invalid_token, as RFC 9449 §7.1 has it', async () => {
    const thief = await createDpopClient()
    const refusal = refusedAsInvalid(await server.verify(thief.request(token)), 'wrong_dpop_key')
    assert.equal(parseChallenges(refusal.challenge ?? '')[1]?.parameters.error, 'invalid_token')
    const forged = { jwk: client.jwk }
    refused(await server.verify(thief.request(token, thief.prove(token, {}, forged))), { code: 'dpop_proof_signature' })
  })

  it('V11: Host and X-Forwarded-* launder nothing, neither for a proof nor against one', async () => {
    const elsewhere = 'attacker.example.com'
    const headers = {
      host: elsewhere,
      'x-forwarded-host': elsewhere,
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '8080',
      forwarded: `host=${elsewhere};proto=http`,
      'x-original-url': '/elsewhere',
    }
    const stolen = client.prove(token, { htu: `https://${elsewhere}/orders` })
    refused(await send(stolen, { headers }), { code: 'dpop_proof_uri' })
    // nor does the authority of a request line in absolute form
    for (const url of [`https://${elsewhere}/orders`, `//${elsewhere}/orders`, `https:${elsewhere}/orders`]) {
      refused(await send(client.prove(token, { htu: `https://${elsewhere}/orders` }), { url }), {
        code: 'dpop_proof_uri',
      })
    }
    accepted(await send(client.prove(token), { headers }))
    accepted(await send(client.prove(token), { url: `https://${elsewhere}/orders` }))
  })

  it('V11: a replayed jti is refused: the same proof, another by the same key, and 200 at once', async () => {
    const proof = client.prove(token)
    accepted(await send(proof))
    await refusedProof(proof, 'dpop_proof_replayed')
    const jti = 'once'
    accepted(await send(client.prove(token, { jti })))
    await refusedProof(client.prove(token, { jti, iat: now + 1 }), 'dpop_proof_replayed')
    const parallel = client.prove(token)
    const results = await Promise.all(Array.from({ length: 200 }, () => send(parallel)))
    assert.equal(results.filter(({ ok }) => ok).length, 1)
    // the jti of one client is nothing to another
    const other = await createDpopClient()
    const theirs = await from.sign({ cnf: { jkt: other.jkt } })
    accepted(await server.verify(other.request(theirs, other.prove(theirs, { jti }))))
  })

  it('V14: the second form of an ECDSA signature, of proof or token, is no second use', async () => {
    const proof = client.prove(token)
    accepted(await send(proof))
    await refusedProof(mirrorSignature(proof), 'dpop_proof_replayed')
    const mirrored = mirrorSignature(token)
    const jti = 'for both'
    accepted(await send(client.prove(token, { jti })))
    const refusal = await server.verify(client.request(mirrored, client.prove(mirrored, { jti })))
    refused(refusal, { code: 'dpop_proof_replayed' })
  })

  it('RFC 9449 §11.1: a proof is used up by what is accepted, and by nothing that is refused for another reason', async () => {
    const proof = client.prove(token)
    refused(await server.verify(client.request(token, proof), { all: ['orders:write'] }), { status: 403 })
    refused(await server.verify(client.request(token, proof), { custom: () => false }), { status: 403 })
    accepted(await send(proof))
  })

  it('V13: with the token in the cache the proof is checked each time', async () => {
    accepted(await send(client.prove(token)))
    await refusedProof(client.prove(token, { htm: 'PUT' }), 'dpop_proof_method')
    const thief = await createDpopClient()
    refusedAsInvalid(await server.verify(thief.request(token)), 'wrong_dpop_key')
    refusedAsInvalid(await verify(token), 'sender_constrained')
  })

  it('V13: a bound token in the cache does not outlive its exp or its key', async () => {
    const { clock, from, network, server } = await createTestServer({ dpop: {} })
    const send = async (token: string) =>
      await server.verify(client.request(token, client.prove(token, { iat: clock.epochSeconds() })))
    const brief = await from.sign({ exp: now + 100, cnf: { jkt: client.jkt } })
    const long = await from.sign({ exp: now + 3600, cnf: { jkt: client.jkt } })
    assert.equal(accepted(await send(brief)).token, accepted(await send(brief)).token)
    accepted(await send(long))
    clock.advance(105)
    refusedAsInvalid(await send(brief), 'expired')
    network.set(`${issuer}/keys`, { keys: [(await createTestIssuer({ kid: 'key-2' })).jwk] })
    clock.advance(300)
    refusedAsInvalid(await send(long), 'unknown_key')
  })

  it('V13, V14: a revoked jti is refused with a good proof, from the cache and in the other form of its signature', async () => {
    const denied = new Set<string>()
    const { from, server } = await createTestServer({ dpop: {}, revocation: ({ jti = '' }) => denied.has(jti) })
    const token = await from.sign({ cnf: { jkt: client.jkt } })
    for (const sent of [token, mirrorSignature(token)]) accepted(await server.verify(client.request(sent)))
    denied.add(from.claims.jti)
    for (const sent of [token, mirrorSignature(token)]) {
      refusedAsInvalid(await server.verify(client.request(sent)), 'revoked')
    }
  })

  it('a request without method or URL is the programmer’s fault, and never accepted', async () => {
    const { headers } = client.request(token)
    await assert.rejects(server.verify({ url: '/orders', headers }), TypeError)
    await assert.rejects(server.verify({ method: 'GET', headers }), TypeError)
  })
})

describe('DPoP: where this server is', () => {
  it('publicUrl comes before resource, with the path that a proxy takes off', async () => {
    const { from, server } = await createTestServer({ dpop: { publicUrl: 'https://api.example.com/shop/' } })
    const token = await from.sign({ cnf: { jkt: client.jkt } })
    const send = (htu: string, url = '/orders') =>
      server.verify({ ...client.request(token, client.prove(token, { htu })), url })
    accepted(await send('https://api.example.com/shop/orders'))
    accepted(await send('https://api.example.com/shop/', '/'))
    accepted(await send('https://api.example.com/shop/', 'https://any.example.com?x=/y'))
    for (const htu of [`${resource}/orders`, 'https://api.example.com/orders']) {
      refused(await send(htu), { code: 'dpop_proof_uri' })
    }
  })

  it('a resource that is no https URL needs a publicUrl, and a publicUrl must be one', async () => {
    await assert.rejects(createTestServer({ resource: 'urn:orders', dpop: {} }), TypeError)
    await assert.rejects(createTestServer({ resource: 'http://orders.example.com', dpop: {} }), TypeError)
    await createTestServer({ resource: 'urn:orders', dpop: { publicUrl: 'http://127.0.0.1:3000' } })
    for (const publicUrl of [
      '',
      'api.example.com',
      'http://api.example.com',
      'https://a@api.example.com',
      'https://a/?b',
      'https://a/#b',
    ]) {
      await assert.rejects(createTestServer({ dpop: { publicUrl } }), TypeError)
    }
  })
})

describe('DPoP: nonces', () => {
  it('checklist 21: without a fresh nonce → 401 use_dpop_nonce and a DPoP-Nonce to try again with', async () => {
    const { clock, from, server } = await createTestServer({ dpop: { requireNonce: { rotateAfterSeconds: 60 } } })
    const token = await from.sign({ cnf: { jkt: client.jkt } })
    const send = (claims: object) =>
      server.verify(client.request(token, client.prove(token, { iat: clock.epochSeconds(), ...claims })))
    const refusal = refused(await send({}), { status: 401, error: 'use_dpop_nonce', code: 'dpop_nonce_required' })
    const nonce = refusal.toResponse().headers.get('dpop-nonce') ?? ''
    assert.match(refusal.challenge ?? '', /DPoP realm="[^"]+", error="use_dpop_nonce"/)
    assert.deepEqual(accepted(await send({ nonce })).headers, { 'dpop-nonce': nonce })
    clock.advance(60)
    const next = accepted(await send({ nonce })).headers['dpop-nonce'] ?? ''
    assert.notEqual(next, nonce)
    clock.advance(60)
    refused(await send({ nonce }), { code: 'dpop_nonce_required' })
    accepted(await send({ nonce: next }))
  })

  it('RFC 9449 §8.2: every refusal with a challenge brings one, so that the next request need not be made twice', async () => {
    const { from, server, verify } = await createTestServer({ dpop: { requireNonce: true } })
    assert.ok(refused(await server.verify({ headers: {} }), { status: 401 }).headers['dpop-nonce'])
    assert.ok(refused(await verify('a b'), { status: 400 }).headers['dpop-nonce'])
    // who has a bearer token has no use for it
    assert.deepEqual(accepted(await verify(await from.sign())).headers, {})
  })
})

describe('DPoP: the replay store', () => {
  const withStore = (replayStore: ReplayStore) => createTestServer({ dpop: { replayStore } })

  it('one that is shared makes a proof good once for all who share it', async () => {
    const shared = createMemoryReplayStore({ clock: (await createTestServer()).clock })
    const claims: unknown[][] = []
    const replayStore: ReplayStore = {
      claim: async (...claim) => {
        claims.push(claim)
        return shared.claim(...claim)
      },
    }
    const results = []
    for (const { from, server } of [await withStore(replayStore), await withStore(replayStore)]) {
      const token = await from.sign({ cnf: { jkt: client.jkt } })
      results.push(await server.verify(client.request(token, client.prove(token, { jti: 'it' }))))
    }
    assert.deepEqual(
      results.map(({ ok }) => ok),
      [true, false],
    )
    assert.match(String(claims[0]?.[0]), /^[A-Za-z0-9_-]{43}$/)
    assert.equal(claims[0]?.[1], now + 61)
    assert.deepEqual(claims[0], claims[1])
  })

  it('one that fails, or answers anything but true, accepts nothing: 503 with the reason for the operator alone', async () => {
    for (const claim of [
      () => Promise.reject(new Error('redis: ECONNREFUSED')),
      () => {
        throw new Error('redis: ECONNREFUSED')
      },
    ]) {
      const { from, server } = await withStore({ claim })
      const token = await from.sign({ cnf: { jkt: client.jkt } })
      const refusal = refused(await server.verify(client.request(token)), {
        status: 503,
        error: 'temporarily_unavailable',
        code: 'replay_store_unavailable',
        challenge: undefined,
      })
      assert.match(refusal.detail ?? '', /ECONNREFUSED/)
      assert.doesNotMatch(refusal.body, /ECONNREFUSED/)
      assert.ok(refusal.headers['retry-after'])
    }
    for (const answer of [undefined, 'OK', 1, null]) {
      const { from, server } = await withStore({ claim: () => answer as unknown as boolean })
      const token = await from.sign({ cnf: { jkt: client.jkt } })
      refused(await server.verify(client.request(token)), { code: 'dpop_proof_replayed' })
    }
  })

  it('one that does not answer in time is one that fails', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const asked = Promise.withResolvers<void>()
    const { from, server } = await withStore({
      claim: () => {
        asked.resolve()
        return new Promise(() => {})
      },
    })
    const token = await from.sign({ cnf: { jkt: client.jkt } })
    const result = server.verify(client.request(token))
    await Promise.race([asked.promise, result])
    context.mock.timers.tick(2000)
    refused(await result, { status: 503, code: 'replay_store_unavailable' })
  })

  it('one that is full refuses with 503 instead of forgetting', async () => {
    const { clock } = await createTestServer()
    const { from, server } = await withStore(createMemoryReplayStore({ clock, maxEntries: 2 }))
    const token = await from.sign({ cnf: { jkt: client.jkt } })
    const first = client.prove(token)
    accepted(await server.verify(client.request(token, first)))
    accepted(await server.verify(client.request(token)))
    refused(await server.verify(client.request(token)), { status: 503, code: 'replay_store_full' })
    refused(await server.verify(client.request(token, first)), { code: 'dpop_proof_replayed' })
  })
})

/** The other s of the same ES256 signature. */
const mirrorSignature = (jws: string): string => {
  const cut = jws.lastIndexOf('.') + 1
  const signature = Buffer.from(jws.slice(cut), 'base64url')
  const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
  const s = order - BigInt(`0x${signature.toString('hex', 32)}`)
  signature.write(s.toString(16).padStart(64, '0'), 32, 'hex')
  return jws.slice(0, cut) + signature.toString('base64url')
}
