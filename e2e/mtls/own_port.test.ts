import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { assertRefused } from '../support/token.ts'
import {
  callTls,
  claimsOf,
  grant,
  makeClientCertificate,
  makeServerCertificate,
  makeTlsFolder,
  registerClient,
  startTlsCredence,
  until,
} from './setting.ts'

const folder = await makeTlsFolder()
after(folder.dispose)

test('checklist 18, RFC 8705 §5: a port of its own asks for certificates, the public one does not, the metadata says where', async () => {
  const credence = await startTlsCredence(folder, ['--mtls-port', '0'])
  after(credence.dispose)
  await registerClient(credence, 'reporter', { matches: [{ by: 'subject_dn', value: 'CN=reporter' }] })
  const ca = folder.server.cert
  const metadata = jsonOf(await callTls(`${credence.issuer}/.well-known/oauth-authorization-server`, { ca }))
  const aliases = metadata.mtls_endpoint_aliases as Readonly<Record<string, string>>
  assert.ok(aliases.token_endpoint !== metadata.token_endpoint)
  const client = makeClientCertificate({ subject: 'reporter' })
  const ask = (url: unknown) => callTls(String(url), { ca, client, form: grant('reporter') })
  claimsOf(await ask(aliases.token_endpoint))
  assertRefused(await ask(metadata.token_endpoint), 'invalid_client')
})

test('certificate files that are replaced are in use without a restart', async () => {
  const { certificate, key } = folder
  const args = ['--tls-certificate', certificate, '--tls-key', key, '--mtls-port', 'off']
  const credence = await startCredence({ args })
  after(credence.dispose)
  const url = `${credence.issuer}/.well-known/oauth-authorization-server`
  const metadata = jsonOf(await callTls(url, { ca: folder.server.cert }))
  assert.equal(metadata.tls_client_certificate_bound_access_tokens, undefined)
  const next = makeServerCertificate('next')
  await folder.replaceServer(next)
  await until(() =>
    callTls(url, { ca: next.cert }).then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
})
