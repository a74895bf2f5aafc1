import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { startTestAuthorizationServer } from '@credence/testkit'
import { makeCertificate } from '../client_auth/certificates.ts'
import { startProvider } from '../client_auth/provider.ts'
import { startCredence } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'
import { runCommand } from '../support/run_command.ts'
import { startReached } from './provider_flags.ts'

const folder = await makeFolder()
after(folder.dispose)

const write = async (name: string, text: string): Promise<string> => {
  const file = join(folder.path, name)
  await writeFile(file, text)
  return file
}

const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())

describe('credence token', () => {
  for (const skin of ['credence', 'generic', 'auth0', 'okta', 'entra', 'cognito', 'google', 'keycloak'] as const) {
    it(`${skin}: the access token alone; with --json its type, expiry and scope`, async () => {
      const { as, args, environment } = await startReached(skin, folder.path)
      const plain = await runCommand(['token', ...args], environment)
      const json = await runCommand(['token', ...args, '--json'], environment)
      await as.close()
      assert.deepEqual([plain.code, plain.stderr], [0, ''])
      assert.match(plain.stdout, /^[\w.~+/=-]+\n$/)
      const { access_token: token, token_type: type, expires_at: expires } = JSON.parse(json.stdout)
      assert.deepEqual([json.code, type, typeof token], [0, 'Bearer', 'string'])
      assert.ok(expires > Date.now() / 1000)
    })
  }

  it('a refusal is in the words of the preset, under its code, and nothing is on standard output', async () => {
    const { as, args } = await startReached('auth0', folder.path)
    const canary = 'canary-secret-canary'
    const { code, stdout, stderr } = await runCommand(['token', ...args, '--json'], { CREDENCE_CLIENT_SECRET: canary })
    await as.close()
    assert.deepEqual([code, stdout, JSON.parse(stderr).code], [1, '', 'invalid_client'])
    assert.match(stderr, /client id or secret is wrong/)
    assert.ok(!stderr.includes(canary))
  })

  it('RFC 7523 §3: private_key_jwt with a key in PEM and as JWK, without a secret', async () => {
    await using as = await startTestAuthorizationServer()
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    as.addClient({ clientId: 'keyed', publicKey })
    const pem = await write('key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    const jwk = await write('key.jwk', JSON.stringify(privateKey.export({ format: 'jwk' })))
    for (const file of [pem, jwk]) {
      const { code, stdout, stderr } = await runCommand([
        'token',
        '--issuer',
        as.issuer,
        '--client-id',
        'keyed',
        '--key',
        file,
      ])
      assert.deepEqual([code, claimsOf(stdout).client_id], [0, 'keyed'], stderr)
    }
    const damaged = await write('damaged.jwk', '{"kty":"EC","d":"canary')
    const { code, stderr } = await runCommand([
      'token',
      '--issuer',
      as.issuer,
      '--client-id',
      'keyed',
      '--key',
      damaged,
    ])
    assert.deepEqual([code, stderr.includes('canary')], [2, false])
  })

  it('the key that `credence client create --generate-key` made, by the two lines that it prints', async () => {
    const credence = await startCredence()
    after(credence.dispose)
    await credence.createApi({ audience: 'https://orders.example.com', scopes: ['orders:read'] })
    const keyFile = join(folder.path, 'report-job.jwk.json')
    const created = await runCommand([
      ...['client', 'create', 'report-job', '--data', credence.data],
      ...['--grant', 'https://orders.example.com=orders:read', '--generate-key', keyFile],
    ])
    assert.equal(created.code, 0, created.stderr)
    const printed = Object.fromEntries(
      created.stdout.split('\n').flatMap((line) => {
        const [, name, value] = /^(CREDENCE_CLIENT_\w+)=(.*)$/.exec(line) ?? []
        return name === undefined ? [] : [[name, value ?? '']]
      }),
    )
    assert.deepEqual(Object.keys(printed), ['CREDENCE_CLIENT_ID', 'CREDENCE_CLIENT_KEY_FILE'])
    const issuer = ['--issuer', credence.issuer]
    const { code, stdout, stderr } = await runCommand(['token', ...issuer], printed)
    assert.deepEqual([code, claimsOf(stdout).client_id], [0, 'report-job'], stderr)
    const doctor = await runCommand(['doctor', ...issuer, '--json'], printed)
    assert.equal(doctor.code, 0, doctor.stdout + doctor.stderr)
    assert.ok(
      JSON.parse(doctor.stdout).checks.some(({ found }: { found: string }) => found === 'accepted: a Bearer token'),
      doctor.stdout,
    )

    const both = { ...printed, CREDENCE_CLIENT_SECRET: 'canary' }
    const unsaid = await runCommand(['token', ...issuer], both)
    assert.equal(unsaid.code, 2)
    assert.match(unsaid.stderr, /CREDENCE_CLIENT_SECRET and CREDENCE_CLIENT_KEY_FILE are both set.*--auth/s)
    assert.equal((await runCommand(['token', ...issuer, '--auth', 'private_key_jwt'], both)).code, 0)

    const gone = await runCommand(['token', ...issuer], { ...printed, CREDENCE_CLIENT_KEY_FILE: `${keyFile}.gone` })
    assert.equal(gone.code, 2)
    assert.match(gone.stderr, /CREDENCE_CLIENT_KEY_FILE: ENOENT/)
    const damaged = { ...printed, CREDENCE_CLIENT_KEY_FILE: await write('broken.jwk', '{"kty":"EC","d":"canary') }
    const refused = await runCommand(['token', ...issuer], damaged)
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /CREDENCE_CLIENT_KEY_FILE begins like a JWK/)
    assert.doesNotMatch(refused.stderr, /canary/)
  })

  it('the secret from a document that says how old it is, and a further parameter', async () => {
    await using as = await startTestAuthorizationServer()
    const file = await write('secret.json', JSON.stringify({ client_secret: as.clientSecret, credential_id: 'cred_1' }))
    const args = ['token', '--issuer', as.issuer, '--client-id', as.clientId, '--parameter', 'organization=org_1']
    const { code, stderr } = await runCommand([...args, '--auth', 'client_secret_post'], {
      CREDENCE_CLIENT_SECRET_FILE: file,
    })
    assert.equal(code, 0, stderr)
    const form = as.requests.find(({ endpoint }) => endpoint === 'token')?.form
    assert.deepEqual([form?.organization, form?.client_secret], ['org_1', as.clientSecret])
  })

  it('RFC 9449 §5: --dpop gets a token that is bound to a key', async () => {
    const client = {
      client_id: 'job',
      client_secret: 'a-secret-of-the-job',
      token_endpoint_auth_method: 'client_secret_basic',
    }
    await using provider = await startProvider({ clients: [client], requireNonce: true })
    const args = [
      'token',
      '--issuer',
      provider.issuer,
      '--client-id',
      'job',
      '--scope',
      'orders:read',
      '--dpop',
      '--json',
    ]
    const { code, stdout, stderr } = await runCommand(args, { CREDENCE_CLIENT_SECRET: client.client_secret })
    assert.equal(code, 0, stderr)
    const answer = JSON.parse(stdout)
    assert.equal(answer.token_type, 'DPoP')
    assert.equal(typeof claimsOf(answer.access_token).cnf.jkt, 'string')
  })

  it('RFC 8705 §2.2: self_signed_tls_client_auth with certificate and key from files', async () => {
    const [server, own] = await Promise.all([makeCertificate('127.0.0.1'), makeCertificate('job')])
    const client = {
      client_id: 'job',
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [own.jwk] },
    }
    await using provider = await startProvider({ clients: [client], tls: server })
    const files = {
      '--certificate': await write('tls.crt', own.cert),
      '--certificate-key': await write('tls.key', own.key),
      '--ca': await write('ca.crt', server.cert),
    }
    const args = ['token', '--issuer', provider.issuer, '--client-id', 'job', ...Object.entries(files).flat()]
    const { code, stdout, stderr } = await runCommand([...args, '--auth', 'self_signed_tls_client_auth'])
    assert.equal(code, 0, stderr)
    assert.equal(claimsOf(stdout).client_id, 'job')
  })

  it('RFC 7523 §2.2: a platform’s token from a file is the assertion', async () => {
    await using as = await startTestAuthorizationServer()
    const file = await write('platform.jwt', 'aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl\n')
    const { code, stderr } = await runCommand([
      'token',
      '--issuer',
      as.issuer,
      '--client-id',
      as.clientId,
      '--token-file',
      file,
      '--json',
    ])
    // nobody here trusts that platform; what matters is what was sent
    assert.deepEqual([code, JSON.parse(stderr).code], [1, 'invalid_client'])
    const form = as.requests.find(({ endpoint }) => endpoint === 'token')?.form
    assert.equal(form?.client_assertion, 'aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl')
    assert.match(form?.client_assertion_type ?? '', /jwt-bearer$/)
  })
})
