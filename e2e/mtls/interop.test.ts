import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createTokenManager } from '@credence/client'
import { createMtlsFetch, tlsClientAuth } from '@credence/client/node'
import { certificateThumbprint } from '@credence/jwt'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { parseCertificateMatch } from '../../packages/server/src/client_auth/certificates/client_certificate_match.ts'
import { makeCertificate } from '../../packages/server/src/client_auth/testing/make_certificate.ts'
import { spawnCredence } from '../support/credence_process.ts'
import { findRuntime, runProgram } from '../support/foreign.ts'
import { findGo, goEnvironment } from '../support/go.ts'
import { audience, makeClientCertificate, makeTlsFolder, registerClient, startTlsCredence } from './setting.ts'

const folder = await makeTlsFolder()
after(folder.dispose)
const credence = await startTlsCredence(folder)
after(credence.dispose)

const signed = makeClientCertificate({ subject: 'signed' })
const own = makeCertificate({ subject: 'own' })
const clients = { signed, own } as const
await registerClient(credence, 'signed', {
  matches: [parseCertificateMatch({ by: 'subject_dn', value: 'CN=signed' })],
  tokenEndpointAuthMethod: 'tls_client_auth',
})
await registerClient(credence, 'own', {
  matches: [parseCertificateMatch({ by: 'certificate', value: own.cert })],
  tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
})
const ca = folder.server.cert
const issuer = new URL(credence.issuer)
const tokenEndpoint = `${credence.issuer}/oauth/token`
const parameters = { scope: 'orders:read', resource: audience }

const assertBound = (token: unknown, { raw }: { readonly raw: Uint8Array }) => {
  const { cnf, scope } = JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())
  assert.deepEqual({ cnf, scope }, { cnf: { 'x5t#S256': certificateThumbprint(raw) }, scope: 'orders:read' })
}

interface FetchOptions {
  readonly method: string
  readonly headers: Record<string, string>
  readonly redirect: 'manual'
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

for (const [clientId, made] of Object.entries(clients)) {
  const { cert, key } = made
  const mtlsFetch = createMtlsFetch({ cert, key, ca })
  const fetchWithCertificate = (url: string, { signal, body, ...init }: FetchOptions) =>
    mtlsFetch(url, { ...init, ...(signal && { signal }), ...(body instanceof URLSearchParams && { body }) })

  describe(`a certificate ${clientId === 'own' ? 'of its own' : 'that an authority signed'}`, () => {
    test('RFC 8705 §2: @credence/client gets a token', async () => {
      const auth = tlsClientAuth({ cert, key, ca })
      const tokens = createTokenManager({ issuer: credence.issuer, clientId, auth, ...parameters })
      assertBound((await tokens.getToken()).accessToken, made)
    })

    test('RFC 8705 §2: oauth4webapi discovers and gets a token with TlsClientAuth', async () => {
      const options = { [oauth.customFetch]: fetchWithCertificate }
      const client = { client_id: clientId }
      const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options })
      const server = await oauth.processDiscoveryResponse(issuer, discovered)
      const auth = oauth.TlsClientAuth()
      const answer = await oauth.clientCredentialsGrantRequest(server, client, auth, parameters, options)
      const token = await oauth.processClientCredentialsResponse(server, client, answer)
      assertBound(token.access_token, made)
    })

    test('RFC 8705 §2: openid-client discovers and gets a token with TlsClientAuth', async () => {
      const configuration = await openid.discovery(issuer, clientId, undefined, openid.TlsClientAuth(), {
        algorithm: 'oauth2',
        [openid.customFetch]: fetchWithCertificate,
      })
      const token = await openid.clientCredentialsGrant(configuration, parameters)
      assertBound(token.access_token, made)
    })

    const files = { cert: join(folder.path, `${clientId}.pem`), key: join(folder.path, `${clientId}.key`) }
    const write = async () => {
      await writeFile(files.cert, cert)
      await writeFile(files.key, key)
    }

    test('RFC 8705 §2: curl --cert gets a token', async (t) => {
      const curl = await findRuntime(['curl'], { probe: ['--version'], what: 'curl' })
      if (curl.skip !== false) return t.skip(curl.skip)
      await write()
      const form = { grant_type: 'client_credentials', client_id: clientId, ...parameters }
      const data = Object.entries(form).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`])
      const { stdout, stderr, code } = await runProgram([
        ...([curl.program, '-sS', '--fail-with-body', '--cacert', folder.certificate] as const),
        ...['--cert', files.cert, '--key', files.key, tokenEndpoint, ...data],
      ])
      assert.equal(code, 0, stdout + stderr)
      assertBound(JSON.parse(stdout).access_token, made)
    })

    const environment = {
      ...{ TOKEN_ENDPOINT: tokenEndpoint, CLIENT_ID: clientId, SCOPE: parameters.scope, AUDIENCE: audience },
      ...{ CLIENT_CERT: files.cert, CLIENT_KEY: files.key, SERVER_CA: folder.certificate },
    }

    test("RFC 8705 §2: Go's golang.org/x/oauth2/clientcredentials gets a token", async (t) => {
      const go = await findGo()
      if (go.skip !== false) return t.skip(go.skip)
      await write()
      const main = join(import.meta.dirname, 'go/main.go')
      const { code, stdout, stderr } = await runProgram([go.program, 'run', main], { ...environment, ...goEnvironment })
      assert.equal(code, 0, stderr)
      assertBound(stdout.trim(), made)
    })

    const pythons = ['/usr/bin/python3', 'python3', 'python']
    for (const [name, module] of [
      ['with_requests.py', 'requests'],
      ['with_authlib.py', 'authlib.integrations.requests_client'],
    ] as const) {
      test(`RFC 8705 §2: Python's ${module} gets a token`, async (t) => {
        const what = `Python with ${module}`
        const python = await findRuntime(pythons, { probe: ['-c', `import ${module}`], what })
        if (python.skip !== false) return t.skip(python.skip)
        await write()
        const script = join(import.meta.dirname, 'python', name)
        const { code, stdout, stderr } = await runProgram([python.program, script], environment)
        assert.equal(code, 0, stderr)
        assertBound(stdout.trim(), made)
      })
    }
  })
}

test('the command line trusts an authority of one’s own by NODE_EXTRA_CA_CERTS', async () => {
  const made = await credence.createClient({
    client_id: 'command',
    grants: [{ audience, scopes: ['orders:read'] }],
  })
  const { ended, stdout, stderr } = spawnCredence(['token', '--issuer', credence.issuer, '--audience', audience], {
    environment: {
      CREDENCE_CLIENT_ID: made.client_id,
      CREDENCE_CLIENT_SECRET: made.client_secret,
      NODE_EXTRA_CA_CERTS: folder.certificate,
    },
  })
  assert.equal(await ended, 0, stderr())
  assert.equal(stdout().split('.').length, 3)
})
