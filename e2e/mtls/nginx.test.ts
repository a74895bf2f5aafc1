import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { certificateThumbprint } from '@credence/jwt'
import { makeCertificate } from '../../packages/server/src/client_auth/testing/make_certificate.ts'
import { startCredence } from '../support/credence.ts'
import { repository } from '../support/credence_process.ts'
import { findRuntime } from '../support/foreign.ts'
import { assertRefused, basic, callTokenEndpoint } from '../support/token.ts'
import {
  audience,
  callTls,
  claimsOf,
  grant,
  makeClientCertificate,
  makeTlsFolder,
  registerClient,
  until,
} from './setting.ts'

const nginx = await findRuntime(['nginx', '/usr/sbin/nginx'], { probe: ['-v'], what: 'nginx' })

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The example that operators copy, with this test's ports and files in it. */
const exampleFor = async (replaced: Readonly<Record<string, string>>): Promise<string> => {
  let text = await readFile(join(repository, 'deploy/nginx/credence.conf'), 'utf8')
  for (const [from, to] of Object.entries(replaced)) {
    assert.ok(text.includes(from), from)
    text = text.replaceAll(from, to)
  }
  return text
}

/** No daemon, no other user, no folder but its own. */
const mainConfiguration = (folder: string) => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
  # another address than that of this test, which is a stranger to Credence
  proxy_bind 127.0.0.2;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
  include ${folder}/credence.conf;
}
`

const startNginx = async (program: string, folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true })
  const child = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'close')
  after(async () => {
    child.kill('SIGTERM')
    await ended
  })
  ended.then(([code]) => code === 0 || code === null || console.error(said))
}

test('RFC 8705 §2, §5: the example for nginx, with a real nginx', { skip: nginx.skip }, async () => {
  assert.ok(nginx.skip === false)
  const folder = await makeTlsFolder()
  after(folder.dispose)
  const [plainPort, mtlsPort] = [await freePort(), await freePort()]
  const credence = await startCredence({
    args: [
      ...['--trusted-proxies', '127.0.0.2', '--client-certificate-header', 'nginx', '--tls-client-ca', folder.ca],
      ...['--issuer', `https://localhost:${plainPort}`, '--mtls-url', `https://localhost:${mtlsPort}`],
    ],
  })
  after(credence.dispose)
  await credence.createApi({ audience, scopes: ['orders:read'] })
  const secret = await credence.createClient({ client_id: 'secret', grants: [{ audience, scopes: ['orders:read'] }] })
  await registerClient(credence, 'reporter', { matches: [{ by: 'subject_dn', value: 'CN=reporter' }] })

  const place = join(folder.path, 'nginx')
  await mkdir(place)
  const example = await exampleFor({
    'server 127.0.0.1:8400': `server ${new URL(credence.public.url).host}`,
    'listen 443 ssl;\n  server_name auth.example.com': `listen 127.0.0.1:${plainPort} ssl;\n  server_name localhost`,
    'listen 443 ssl;\n  server_name mtls.auth.example.com': `listen 127.0.0.1:${mtlsPort} ssl;\n  server_name localhost`,
    '/etc/nginx/tls/auth.pem': folder.certificate,
    '/etc/nginx/tls/auth.key': folder.key,
  })
  await writeFile(join(place, 'credence.conf'), example)
  await writeFile(join(place, 'nginx.conf'), mainConfiguration(place))
  await startNginx(nginx.program, place)

  const ca = folder.server.cert
  const plain = `https://localhost:${plainPort}/oauth/token`
  const mtls = `https://localhost:${mtlsPort}/oauth/token`
  await until(() =>
    callTls(plain, { ca }).then(
      ({ status }) => status === 405,
      () => false,
    ),
  )

  // the flow with a secret
  const headers = { authorization: basic(secret.client_id, secret.client_secret) }
  const { cnf, iss } = claimsOf(await callTls(plain, { ca, headers, form: { grant_type: 'client_credentials' } }))
  assert.deepEqual([cnf, iss], [undefined, credence.issuer])

  // the flow with a certificate
  const client = makeClientCertificate({ subject: 'reporter' })
  const form = grant('reporter')
  const claims = claimsOf(await callTls(mtls, { ca, client, form }))
  assert.deepEqual(claims.cnf, { 'x5t#S256': certificateThumbprint(client.raw) })
  // A5: one that signs itself is passed on by nginx, and refused here
  assertRefused(await callTls(mtls, { ca, client: makeCertificate({ subject: 'reporter' }), form }), 'invalid_client')

  // A5: what a stranger writes into the header gets no further than nginx, at either name
  const forged = { 'x-client-cert': encodeURIComponent(client.cert) }
  for (const url of [plain, mtls]) {
    assertRefused(await callTls(url, { ca, headers: forged, form }), 'invalid_client')
  }
  const other = makeCertificate({ subject: 'other' })
  assertRefused(await callTls(mtls, { ca, client: other, headers: forged, form }), 'invalid_client')

  // nor past nginx
  assertRefused(
    await callTokenEndpoint(credence, { form: { client_id: 'reporter' }, headers: forged }),
    'invalid_client',
  )
})
