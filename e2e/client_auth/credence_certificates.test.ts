import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTokenManager, TokenError } from '@credence/client'
import { tlsClientAuth } from '@credence/client/node'
import { callTls, makeClientCertificate, makeTlsFolder, startTlsCredence } from '../mtls/setting.ts'
import type { RunningCredence } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'

const tls = await makeTlsFolder()
after(tls.dispose)
const credence = await startTlsCredence(tls)
after(credence.dispose)

const files = { cert: join(tls.path, 'job.pem'), key: join(tls.path, 'job.key') }

/** As an agent that renews certificates: the key, and then the certificate. */
const put = async ({ cert, key }: { readonly cert: string; readonly key: string }) => {
  await writeFile(files.key, key)
  await writeFile(files.cert, cert)
}

const certificateOf = (name: string) => makeClientCertificate({ subject: 'job', names: [{ tag: 2, value: name }] })

const boundTo = (token: string): unknown =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).cnf?.['x5t#S256']

const register = async ({ manage }: Pick<RunningCredence, 'manage'>) => {
  const created = await manage('POST', '/clients', {
    client_id: 'job',
    grants: [{ audience: 'https://orders.example.com', scopes: ['orders:read'] }],
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_certificate_bound_access_tokens: true,
    tls_client_auth_san_dns: 'job.example.com',
  })
  assert.equal(created.status, 201, created.body)
}

test('RFC 8705 §2.1, §3: Credence takes the certificate that the files have now, and binds the token to it', async () => {
  await register(credence)
  await put(certificateOf('job.example.com'))
  const auth = tlsClientAuth({ cert: { file: files.cert }, key: { file: files.key }, ca: tls.server.cert })
  const tokens = createTokenManager({ issuer: credence.issuer, clientId: 'job', auth })
  const ask = async () => boundTo((await tokens.getToken({ forceRefresh: true })).accessToken)
  const first = await ask()
  assert.match(String(first), /^[\w-]{43}$/)

  const renewed = certificateOf('job.example.com')
  await writeFile(files.key, renewed.key)
  assert.equal(await ask(), first, 'half of a pair is not used')
  await writeFile(files.cert, renewed.cert)
  assert.notEqual(await ask(), first)

  await put(certificateOf('other.example.com'))
  await assert.rejects(ask(), (error) => error instanceof TokenError && error.code === 'invalid_client')
})

test('RFC 8705 §5: an alias at a port of its own is another origin: said, and used where it is given', async () => {
  const apart = await startTlsCredence(tls, ['--mtls-port', '0'])
  after(apart.dispose)
  await register(apart)
  const { issuer } = apart
  const { cert, key } = certificateOf('job.example.com')
  const auth = tlsClientAuth({ cert, key, ca: tls.server.cert })
  await assert.rejects(
    createTokenManager({ issuer, clientId: 'job', auth }).getToken(),
    (error) =>
      error instanceof TokenError && error.code === 'untrusted_endpoint' && /tokenEndpoint/.test(error.message),
  )
  const metadata = jsonOf(await callTls(`${issuer}/.well-known/oauth-authorization-server`, { ca: tls.server.cert }))
  const { token_endpoint: tokenEndpoint } = metadata.mtls_endpoint_aliases as { readonly token_endpoint: string }
  const { accessToken } = await createTokenManager({ issuer, clientId: 'job', auth, tokenEndpoint }).getToken()
  assert.match(String(boundTo(accessToken)), /^[\w-]{43}$/)
})
