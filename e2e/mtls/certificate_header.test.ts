import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { certificateThumbprint } from '@credence/jwt'
import { makeAuthority, makeCertificate } from '../../packages/server/src/client_auth/testing/make_certificate.ts'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { assertRefused, callTokenEndpoint } from '../support/token.ts'
import { audience, claimsOf, clientAuthority, makeClientCertificate, makeTlsFolder, registerClient } from './setting.ts'

const folder = await makeTlsFolder()
after(folder.dispose)

const start = async (...args: readonly string[]): Promise<RunningCredence> => {
  const credence = await startCredence({ args: ['--tls-client-ca', folder.ca, ...args] })
  after(credence.dispose)
  await credence.createApi({ audience, scopes: ['orders:read'] })
  await registerClient(credence, 'reporter', { matches: [{ by: 'subject_dn', value: 'CN=reporter' }] })
  return credence
}

type Headers = Readonly<Record<string, string | string[]>>
const ask = (credence: RunningCredence, headers: Headers) =>
  callTokenEndpoint(credence, { form: { client_id: 'reporter' }, headers })

const made = makeClientCertificate({ subject: 'reporter' })
const forged = makeCertificate({ subject: 'reporter', issuer: makeAuthority('Clients CA') })
const bytes = ({ raw }: { readonly raw: Buffer }) => `:${raw.toString('base64')}:`
const escaped = ({ cert }: { readonly cert: string }) => encodeURIComponent(cert)

const forms: Readonly<Record<string, (certificate: typeof made) => Headers>> = {
  rfc9440: (certificate) => ({ 'client-cert': bytes(certificate) }),
  nginx: (certificate) => ({ 'x-client-cert': escaped(certificate) }),
  'nginx:X-SSL-Cert': (certificate) => ({ 'x-ssl-cert': escaped(certificate) }),
  envoy: (certificate) => ({ 'x-forwarded-client-cert': `By=x;Hash=y,Hash=z;Cert="${escaped(certificate)}"` }),
  haproxy: ({ raw }) => ({ 'x-client-cert': raw.toString('base64') }),
  'aws-alb': (certificate) => ({ 'x-amzn-mtls-clientcert': escaped(certificate) }),
}
for (const [form, headers] of Object.entries(forms)) {
  test(`checklist 19, RFC 9440 §2: ${form} from a trusted proxy proves the client; a chain that is not to be trusted does not`, async () => {
    const credence = await start('--trusted-proxies', '127.0.0.0/8', '--client-certificate-header', form)
    assert.deepEqual(claimsOf(await ask(credence, headers(made))).cnf, { 'x5t#S256': certificateThumbprint(made.raw) })
    // the second time from memory
    claimsOf(await ask(credence, headers(made)))
    assertRefused(await ask(credence, headers(forged)), 'invalid_client')
    assertRefused(await ask(credence, {}), 'invalid_client')
    const [[name, value] = ['', '']] = Object.entries(headers(made))
    assertRefused(await ask(credence, { [name]: [String(value), String(value)] }), 'invalid_client')
  })
}

test('A5, checklist 19: the header from a hop that is not trusted is ignored, and said once', async () => {
  const credence = await start('--trusted-proxies', '10.0.0.0/8,::1', '--client-certificate-header', 'rfc9440')
  for (let times = 0; times < 3; times++) {
    assertRefused(await ask(credence, { 'client-cert': bytes(made), 'x-forwarded-for': '10.0.0.1' }), 'invalid_client')
  }
  assert.equal(credence.output().split('not in trusted_proxies was ignored').length, 2)
})

test('RFC 9440 §2.3: the chain comes beside it', async () => {
  const credence = await start('--trusted-proxies', '127.0.0.1', '--client-certificate-header', 'rfc9440')
  const between = makeAuthority('between', { issuer: clientAuthority })
  const deeper = makeCertificate({ subject: 'reporter', issuer: between })
  assertRefused(await ask(credence, { 'client-cert': bytes(deeper) }), 'invalid_client')
  const chain = `${bytes(between)}, ${bytes(clientAuthority)}`
  claimsOf(await ask(credence, { 'client-cert': bytes(deeper), 'client-cert-chain': chain }))
})

test('RFC 8705 §5: behind a proxy with a name of its own for certificates, and whose address the log has', async () => {
  const credence = await start(
    ...['--trusted-proxies', '127.0.0.1', '--client-certificate-header', 'nginx'],
    ...['--issuer', 'https://auth.example.com/tenant', '--mtls-url', 'https://mtls.example.com/tenant'],
  )
  const path = '/.well-known/oauth-authorization-server/tenant'
  const { mtls_endpoint_aliases } = jsonOf(await sendHttp(credence.public, { path }))
  assert.deepEqual(mtls_endpoint_aliases, {
    token_endpoint: 'https://mtls.example.com/tenant/oauth/token',
    introspection_endpoint: 'https://mtls.example.com/tenant/oauth/introspect',
    revocation_endpoint: 'https://mtls.example.com/tenant/oauth/revoke',
    credence_credentials_endpoint: 'https://mtls.example.com/tenant/oauth/credentials',
  })
  await ask(credence, { 'x-client-cert': escaped(forged), 'x-forwarded-for': '192.0.2.1, 203.0.113.9' })
  assert.match(credence.output(), /"remote_address":"203\.0\.113\.9"/)
  assert.doesNotMatch(credence.output(), /BEGIN|192\.0\.2\.1/)
})
