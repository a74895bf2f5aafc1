import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { parseChallenges } from '@credence/protocol'
import { createDpopClient } from '../testing/dpop_client.ts'
import { accepted, refused, refusedAsInvalid } from '../testing/results.ts'
import { createTestServer, now } from '../testing/test_issuer.ts'
import type { CertificateHeaderOptions } from './client_certificate.ts'

// what is bound are the bytes: that they are a certificate is between client and TLS server
const certificate = { raw: Buffer.from('the client’s certificate') }
const another = { raw: Buffer.from('another certificate') }
const x5t = createHash('sha256').update(certificate.raw).digest('base64url')
const client = await createDpopClient()
const clientCert = (raw: Uint8Array) => `:${Buffer.from(raw).toString('base64')}:`

const bearerRequest = (token: string, over: object = {}) => ({
  method: 'GET',
  url: '/orders',
  headers: { authorization: `Bearer ${token}` },
  ...over,
})

describe('certificate-bound tokens', () => {
  it('RFC 8705 §3: accepted with the certificate it is bound to, over that connection', async () => {
    const { from, server } = await createTestServer()
    const token = await from.sign({ cnf: { 'x5t#S256': x5t } })
    accepted(await server.verify(bearerRequest(token, { certificate })))
  })

  it('V11: x5t#S256 without a certificate, and with another, verified and cached', async () => {
    const { from, server } = await createTestServer()
    const token = await from.sign({ cnf: { 'x5t#S256': x5t } })
    for (const _ of ['verified', 'cached']) {
      refusedAsInvalid(await server.verify(bearerRequest(token)), 'certificate_required')
      refusedAsInvalid(await server.verify(bearerRequest(token, { certificate: another })), 'wrong_certificate')
      accepted(await server.verify(bearerRequest(token, { certificate })))
    }
  })

  it('V13: a certificate-bound token in the cache does not outlive its exp', async () => {
    const { clock, from, server } = await createTestServer()
    const token = await from.sign({ exp: now + 10, cnf: { 'x5t#S256': x5t } })
    accepted(await server.verify(bearerRequest(token, { certificate })))
    clock.advance(15)
    refusedAsInvalid(await server.verify(bearerRequest(token, { certificate })), 'expired')
  })
})

describe('a certificate in a header', () => {
  const behindProxy = (over: Partial<CertificateHeaderOptions> = {}) =>
    createTestServer({
      mutualTls: { certificateHeader: { format: 'rfc9440', trustedProxies: ['10.0.0.0/8', '::1'], ...over } },
    })
  const withHeader = (token: string, over: object = {}) =>
    bearerRequest(token, {
      headers: { authorization: `Bearer ${token}`, 'client-cert': clientCert(certificate.raw) },
      ...over,
    })

  it('checklist 19: counts from a trusted proxy, in IPv4, IPv4-mapped and IPv6 form', async () => {
    const { from, server } = await behindProxy()
    const token = await from.sign({ cnf: { 'x5t#S256': x5t } })
    for (const remoteAddress of ['10.1.2.3', '::ffff:10.1.2.3', '::1', '0:0:0:0:0:0:0:1']) {
      accepted(await server.verify(withHeader(token, { remoteAddress })))
    }
  })

  it('A5, checklist 19: from anybody else, or where nobody said so, it is as if it were not there', async () => {
    const configured = await behindProxy()
    const token = await configured.from.sign({ cnf: { 'x5t#S256': x5t } })
    for (const remoteAddress of [
      undefined,
      '',
      '11.0.0.1',
      '127.0.0.1',
      '::ffff:11.0.0.1',
      '::2',
      'localhost',
      '10.0.0.1.example.com',
    ]) {
      const refusal = await configured.server.verify(withHeader(token, { remoteAddress }))
      refusedAsInvalid(refusal, 'certificate_required')
    }
    accepted(await configured.server.verify(withHeader(token, { remoteAddress: '11.0.0.1', certificate })))
    const without = await createTestServer()
    const theirs = await without.from.sign({ cnf: { 'x5t#S256': x5t } })
    refusedAsInvalid(
      await without.server.verify(withHeader(theirs, { remoteAddress: '10.0.0.1' })),
      'certificate_required',
    )
  })

  it('A5: behind a trusted proxy the certificate of the connection is the proxy’s, and nobody else’s', async () => {
    const { from, server } = await behindProxy()
    const token = await from.sign({ cnf: { 'x5t#S256': x5t } })
    const remoteAddress = '10.0.0.1'
    refusedAsInvalid(await server.verify(bearerRequest(token, { remoteAddress, certificate })), 'certificate_required')
    accepted(await server.verify(withHeader(token, { remoteAddress, certificate: another })))
  })

  it('A5: twice, malformed, or with another certificate, it is refused', async () => {
    const { from, server } = await behindProxy()
    const token = await from.sign({ cnf: { 'x5t#S256': x5t } })
    const send = (value: string | readonly string[]) =>
      server.verify(
        bearerRequest(token, {
          remoteAddress: '10.0.0.1',
          headers: { authorization: `Bearer ${token}`, 'Client-Cert': value },
        }),
      )
    const good = clientCert(certificate.raw)
    accepted(await send([good]))
    for (const value of [[good, good], [], '', 'x', `${good}, ${good}`, `${clientCert(another.raw)}, ${good}`]) {
      refusedAsInvalid(await send(value), 'certificate_required')
    }
    refusedAsInvalid(await send(clientCert(another.raw)), 'wrong_certificate')
  })

  it('is of the format and name that are configured', async () => {
    const { from, server } = await behindProxy({ format: 'haproxy', name: 'X-SSL-Client-DER' })
    const token = await from.sign({ cnf: { 'x5t#S256': x5t } })
    const headers = { authorization: `Bearer ${token}`, 'x-ssl-client-der': certificate.raw.toString('base64') }
    accepted(await server.verify(bearerRequest(token, { headers, remoteAddress: '10.0.0.1' })))
    refusedAsInvalid(await server.verify(withHeader(token, { remoteAddress: '10.0.0.1' })), 'certificate_required')
  })

  it('refuses a configuration that would trust nobody, everybody by mistake, or no header', async () => {
    for (const trustedProxies of [[], ['proxy.example.com'], ['10.0.0.0/33'], ['::/129'], ['10.0.0.0/-1'], ['']]) {
      await assert.rejects(behindProxy({ trustedProxies }), TypeError)
    }
    for (const over of [
      { format: 'nginx' },
      { format: 'haproxy' },
      { format: 'f5' as 'nginx' },
      { name: 'a b' },
    ] as const) {
      await assert.rejects(behindProxy(over), TypeError)
    }
  })
})

describe('cnf', () => {
  it('V11, checklist 37: any member that is not known refuses the token, whatever else holds', async () => {
    const { from, server } = await createTestServer({ dpop: {} })
    const { jkt } = client
    for (const cnf of [
      {},
      { kid: 'a' },
      { jwk: client.jwk },
      { jkt, kid: 'a' },
      { 'x5t#S256': x5t, jku: 'https://a' },
      { x5t },
    ]) {
      const token = await from.sign({ cnf })
      for (const request of [client.request(token), bearerRequest(token)]) {
        refusedAsInvalid(await server.verify({ ...request, certificate }), 'unknown_confirmation')
      }
    }
    for (const value of ['', 'x', `${jkt}=`, 1, null, [jkt], { jkt }]) {
      for (const cnf of [{ jkt: value }, { 'x5t#S256': value }]) {
        refusedAsInvalid(await server.verify(bearerRequest(await from.sign({ cnf }))), 'unknown_confirmation')
      }
    }
  })

  it('RFC 7800 §3.1: a cnf that is no object refuses the token', async () => {
    const { from, verify } = await createTestServer({ dpop: {} })
    for (const cnf of [null, [], [{ jkt: client.jkt }], 'jkt', 1, false]) {
      refusedAsInvalid(await verify(await from.sign({ cnf })), 'invalid_claims')
    }
  })

  it('bound by both, both must hold', async () => {
    const { from, server } = await createTestServer({ dpop: {} })
    const token = await from.sign({ cnf: { jkt: client.jkt, 'x5t#S256': x5t } })
    accepted(await server.verify({ ...client.request(token), certificate }))
    refusedAsInvalid(await server.verify(client.request(token)), 'certificate_required')
    refusedAsInvalid(await server.verify({ ...client.request(token), certificate: another }), 'wrong_certificate')
    refusedAsInvalid(await server.verify(bearerRequest(token, { certificate })), 'sender_constrained')
    const thief = await createDpopClient()
    refusedAsInvalid(await server.verify({ ...thief.request(token), certificate }), 'wrong_dpop_key')
  })

  it('checklist 37: the DPoP scheme is not for tokens that only a certificate binds', async () => {
    const { from, server } = await createTestServer({ dpop: {} })
    const token = await from.sign({ cnf: { 'x5t#S256': x5t } })
    refusedAsInvalid(await server.verify({ ...client.request(token), certificate }), 'dpop_unbound_token')
    accepted(await server.verify(bearerRequest(token, { certificate })))
  })
})

describe('requireBoundTokens', () => {
  it('refuses bearer tokens, and accepts those that are bound in either way', async () => {
    const { from, server, verify } = await createTestServer({ dpop: {}, requireBoundTokens: true })
    refusedAsInvalid(await verify(await from.sign()), 'bound_token_required')
    const byKey = await from.sign({ cnf: { jkt: client.jkt } })
    accepted(await server.verify(client.request(byKey)))
    const byCertificate = await from.sign({ cnf: { 'x5t#S256': x5t } })
    accepted(await server.verify(bearerRequest(byCertificate, { certificate })))
  })

  it('a challenge names the schemes by which a token can come', async () => {
    for (const [options, schemes] of [
      [{}, ['Bearer']],
      [{ requireBoundTokens: true }, ['Bearer']],
      [{ dpop: {} }, ['Bearer', 'DPoP']],
      [{ dpop: {}, requireBoundTokens: true }, ['DPoP']],
      [{ dpop: {}, mutualTls: {}, requireBoundTokens: true }, ['Bearer', 'DPoP']],
    ] as const) {
      const { server } = await createTestServer(options)
      const { challenge } = refused(await server.verify({ headers: {} }), { status: 401, error: undefined })
      assert.deepEqual(
        parseChallenges(challenge ?? '').map(({ scheme }) => scheme),
        schemes,
      )
    }
  })
})
