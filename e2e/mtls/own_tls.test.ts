import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { certificateThumbprint, createLocalKeySet } from '@credence/jwt'
import { createResourceServer } from '@credence/verifier'
import { parseCertificateMatch } from '../../packages/server/src/client_auth/certificates/client_certificate_match.ts'
import { makeAuthority, makeCertificate } from '../../packages/server/src/client_auth/testing/make_certificate.ts'
import { jsonOf } from '../support/http.ts'
import { assertRefused, basic } from '../support/token.ts'
import {
  audience,
  bindTokensOf,
  callTls,
  claimsOf,
  clientAuthority,
  grant,
  makeClientCertificate,
  makeTlsFolder,
  registerClient,
  startTlsCredence,
  until,
} from './setting.ts'

const folder = await makeTlsFolder()
after(folder.dispose)
const credence = await startTlsCredence(folder)
after(credence.dispose)
const { issuer } = credence
const ca = folder.server.cert
const tokenUrl = `${issuer}/oauth/token`

const reporter = makeClientCertificate({
  subject: [{ '2.5.4.10': 'Example' }, { '2.5.4.3': 'reporter' }],
  purposes: ['1.3.6.1.5.5.7.3.2'],
  keyUsage: 0x80,
  names: [
    { tag: 2, value: 'reporter.example.com' },
    { tag: 6, value: 'spiffe://example.com/reporter' },
    { tag: 1, value: 'reporter@example.com' },
    { tag: 7, value: Buffer.from([10, 1, 2, 3]) },
  ],
})
const pinned = makeCertificate({ subject: 'pinned', validity: [0, 1_000_000_000] })

const subjects = {
  subject_dn: 'CN=reporter,O=Example',
  san_dns: 'reporter.example.com',
  san_uri: 'spiffe://example.com/reporter',
  san_email: 'reporter@example.com',
  san_ip: '10.1.2.3',
} as const
for (const [by, value] of Object.entries(subjects)) {
  await registerClient(credence, by, { matches: [parseCertificateMatch({ by: by as keyof typeof subjects, value })] })
}
await registerClient(credence, 'pinned', {
  matches: [parseCertificateMatch({ by: 'certificate', value: pinned.cert })],
})
await registerClient(credence, 'others', {
  matches: [
    parseCertificateMatch({ by: 'subject_dn', value: 'CN=somebody' }),
    parseCertificateMatch({ by: 'subject_dn', value: 'CN=else' }),
  ],
})
await registerClient(credence, 'only-secret', { matches: [], tokenEndpointAuthMethod: 'client_secret_basic' })

const ask = (clientId: string, client?: { readonly cert: string; readonly key: string }) =>
  callTls(tokenUrl, { ca, client, form: grant(clientId) })

describe('tls_client_auth', () => {
  for (const by of Object.keys(subjects)) {
    test(`checklist 17, 18, RFC 8705 §2.1.2, §3.1: ${by} proves the client, and the token is bound to the certificate`, async () => {
      const claims = claimsOf(await ask(by, reporter))
      assert.equal(claims.client_id, by)
      assert.deepEqual(claims.cnf, { 'x5t#S256': certificateThumbprint(reporter.raw) })
    })
  }

  test('checklist 17, RFC 8705 §2: a client_id is required, a certificate is, and one that the client has', async () => {
    const { grant_type = '' } = grant('')
    assertRefused(await callTls(tokenUrl, { ca, client: reporter, form: { grant_type } }), 'invalid_client')
    assertRefused(await ask('subject_dn'), 'invalid_client')
    assertRefused(await ask('nobody', reporter), 'invalid_client')
    assertRefused(await ask('others', reporter), 'invalid_client')
    assertRefused(await ask('only-secret', reporter), 'invalid_client')
    assert.match(credence.output(), /registered is CN=else/)
  })

  const subject = reporter.subject
  const day = 86_400
  const now = Math.floor(Date.now() / 1000)
  const forger = makeAuthority('Clients CA')
  const forged = makeCertificate({ subject, issuer: forger })
  const selfSigned = makeCertificate({ subject })
  const chain = (...certificates: readonly { readonly cert: string }[]) => certificates.map(({ cert }) => cert).join('')
  const cases = {
    'A5: same CN with another key, signed by itself': selfSigned,
    'A5: same CN, and an authority of the same name': forged,
    'A5: the forger’s authority sent along': { ...forged, cert: chain(forged, forger) },
    'A5: the client’s own certificate as an extra one': { ...forged, cert: chain(forged, reporter, clientAuthority) },
    'A5: issued with a client’s key, leaf as authority': (() => {
      const made = makeCertificate({ subject, issuer: reporter })
      return { ...made, cert: chain(made, reporter) }
    })(),
    'A5: an authority’s own certificate': makeClientCertificate({ subject, authority: true }),
    'RFC 5280 §4.2.1.12: a server’s certificate': makeClientCertificate({ subject, purposes: ['1.3.6.1.5.5.7.3.1'] }),
    'RFC 5280 §4.2.1.3: a key for encryption alone': makeClientCertificate({ subject, keyUsage: 0x20 }),
    'RFC 5280 §4.1.2.5: an expired certificate': makeClientCertificate({ subject, validity: [0, now - 60] }),
    'RFC 5280 §4.1.2.5: one not valid yet': makeClientCertificate({ subject, validity: [now + day, now + 2 * day] }),
  }
  for (const [title, client] of Object.entries(cases)) {
    test(`${title} is refused`, async () => {
      assertRefused(await ask('subject_dn', client), 'invalid_client')
    })
  }

  test('RFC 5280 §6.1: what is between the client and the root comes with the client', async () => {
    const between = makeAuthority('between', { issuer: clientAuthority })
    const made = makeCertificate({ subject, issuer: between })
    assertRefused(await ask('subject_dn', made), 'invalid_client')
    claimsOf(await ask('subject_dn', { ...made, cert: chain(made, between) }))
  })
})

describe('self_signed_tls_client_auth', () => {
  test('checklist 17, RFC 8705 §2.2: the registered key proves the client, also in another and in an expired certificate', async () => {
    const renewed = makeCertificate({ subject: 'renewed', privateKey: pinned.privateKey })
    for (const client of [pinned, renewed]) {
      assert.deepEqual(claimsOf(await ask('pinned', client)).cnf, { 'x5t#S256': certificateThumbprint(client.raw) })
    }
    assertRefused(await ask('pinned', makeCertificate({ subject: 'pinned' })), 'invalid_client')
    assertRefused(await ask('pinned', reporter), 'invalid_client')
  })
})

test('RFC 8705 §3: a client with a secret that asks for bound tokens has its token bound to whatever certificate it shows', async () => {
  const made = await credence.createClient({
    client_id: 'secret-and-certificate',
    grants: [{ audience, scopes: ['orders:read'] }],
  })
  const headers = { authorization: basic(made.client_id, made.client_secret) }
  const form = { grant_type: 'client_credentials' }
  const ask = (client?: { readonly cert: string; readonly key: string }) =>
    callTls(tokenUrl, { ca, client, form, headers })
  assert.equal(claimsOf(await ask(pinned)).cnf, undefined)
  await bindTokensOf(credence, made.client_id)
  await until(async () => (await ask()).status !== 200)
  assert.match(assertRefused(await ask(), 'invalid_request'), /mutual TLS/)
  assert.deepEqual(claimsOf(await ask(pinned)).cnf, { 'x5t#S256': certificateThumbprint(pinned.raw) })
  const posted = { ...grant(made.client_id), client_secret: made.client_secret }
  const postedAnswer = await callTls(tokenUrl, { ca, client: reporter, form: posted })
  assert.deepEqual(claimsOf(postedAnswer).cnf, { 'x5t#S256': certificateThumbprint(reporter.raw) })
  const wrong = { ...posted, client_secret: 'wrong' }
  assertRefused(await callTls(tokenUrl, { ca, client: reporter, form: wrong }), 'invalid_client')
})

test('RFC 8705 §3: the verifier takes the bound token with its certificate, and with no other and none', async () => {
  const keys = await callTls(`${issuer}/.well-known/jwks.json`, { ca })
  const orders = createResourceServer({
    resource: audience,
    issuers: [{ issuer, keys: createLocalKeySet(JSON.parse(keys.body)) }],
    mutualTls: {},
  })
  const token = String(jsonOf(await ask('san_dns', reporter)).access_token)
  const verify = async (certificate?: { readonly raw: Uint8Array }) =>
    (await orders.verify({ headers: { authorization: `Bearer ${token}` }, certificate }, {})).ok
  assert.deepEqual([await verify(reporter), await verify(pinned), await verify()], [true, false, false])
})

test('RFC 7662 §2.1, RFC 7009 §2.1: introspection and revocation with a certificate', async () => {
  const token = String(jsonOf(await ask('san_uri', reporter)).access_token)
  const call = (path: string) =>
    callTls(`${issuer}${path}`, { ca, client: reporter, form: { client_id: 'san_uri', token } })
  const cnf = { 'x5t#S256': certificateThumbprint(reporter.raw) }
  const { active, cnf: told } = jsonOf(await call('/oauth/introspect'))
  assert.deepEqual({ active, told }, { active: true, told: cnf })
  assert.equal((await call('/oauth/revoke')).status, 200)
  assert.deepEqual(jsonOf(await call('/oauth/introspect')), { active: false })
})

test('checklist 18, RFC 8705 §2.1.1, §3.3, §5: the metadata', async () => {
  const metadata = jsonOf(await callTls(`${issuer}/.well-known/oauth-authorization-server`, { ca }))
  assert.ok(issuer.startsWith('https://127.0.0.1:'))
  const methods = metadata.token_endpoint_auth_methods_supported
  assert.ok(Array.isArray(methods) && methods.includes('tls_client_auth'))
  assert.ok(methods.includes('self_signed_tls_client_auth'))
  assert.equal(metadata.tls_client_certificate_bound_access_tokens, true)
  assert.equal(metadata.mtls_endpoint_aliases, undefined)
})

test('RFC 8705 §3: a session that is resumed is that of its certificate, and no more trusted than the first time', async () => {
  const { port } = new URL(issuer)
  const once = (client: { readonly cert: string; readonly key: string }, session?: Buffer) =>
    new Promise<{ readonly answer: string; readonly session: Buffer | undefined; readonly reused: boolean }>(
      (resolve, reject) => {
        const body = new URLSearchParams(grant('subject_dn')).toString()
        let kept: Buffer | undefined
        let answer = ''
        let reused = false
        const socket = connect({ port: Number(port), host: '127.0.0.1', ca, ...client, ...(session && { session }) })
        socket.on('secureConnect', () => {
          reused = socket.isSessionReused()
        })
        socket.on('session', (next) => {
          kept = next
        })
        socket.on('data', (data) => {
          answer += data
        })
        socket.on('error', reject)
        socket.on('close', () => resolve({ answer, session: kept, reused }))
        socket.write(
          `POST /oauth/token HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        )
      },
    )
  const forged = makeCertificate({ subject: reporter.subject })
  for (const [client, status] of [
    [reporter, 200],
    [forged, 401],
  ] as const) {
    const first = await once(client)
    const second = await once(client, first.session)
    assert.equal(second.reused, true)
    assert.ok(first.answer.startsWith(`HTTP/1.1 ${status} `), first.answer)
    assert.ok(second.answer.startsWith(`HTTP/1.1 ${status} `), second.answer)
  }
})
