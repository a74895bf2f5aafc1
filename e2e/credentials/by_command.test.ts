import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { importJWK, SignJWT } from 'jose'
import { askWith, createKey, makeAssertion, makeHmacAssertion, now, type TestKey } from '../assertions/setting.ts'
import { callTls, grant, makeClientCertificate, makeTlsFolder, startTlsCredence } from '../mtls/setting.ts'
import { startCredence } from '../support/credence.ts'
import type { HttpAnswer } from '../support/http.ts'
import { jsonOf } from '../support/http.ts'
import { runCommand } from '../support/run_command.ts'

const audience = 'https://orders.example.com'
const credence = await startCredence({ args: ['--failed-authentications-per-minute', '100000'] })
after(credence.dispose)
await credence.createApi({ audience, scopes: ['orders:read'] })
const tls = await makeTlsFolder()
after(tls.dispose)
const secure = await startTlsCredence(tls)
after(secure.dispose)

const run = async (data: string, words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCommand([...words, '--data', data])
  assert.equal(code, 0, `${words.join(' ')}: ${stderr}`)
  return stdout
}

interface CredentialShown {
  readonly credential_id: string
  readonly kind: string
  readonly accepts?: string
  readonly last_used_at?: number
}

const listOf = async (data: string, client: string): Promise<readonly CredentialShown[]> =>
  JSON.parse(await run(data, ['credential', 'list', client, '--json'])).items

const file = (name: string) => join(credence.data, name)

interface Kind {
  readonly title: string
  readonly data: string
  readonly create: readonly string[]
  /** After which the client has its credential, unless `create` gave it one. */
  readonly add?: readonly string[]
  readonly client: string
  readonly kind: string
  /** What the commands say that it accepts. */
  readonly says: RegExp
  readonly ask: () => Promise<HttpAnswer> | HttpAnswer
}

const key = createKey()
await writeFile(file('job.jwks.json'), JSON.stringify({ keys: [key.publicJwk] }))
const platformKey = createKey()
await writeFile(file('platform.json'), JSON.stringify({ keys: [platformKey.publicJwk] }))
const selfSigned = makeClientCertificate({ subject: 'self' })
await writeFile(file('self.pem'), selfSigned.cert)
const byAuthority = makeClientCertificate({ subject: 'named', names: [{ tag: 2, value: 'job.example.com' }] })
const granted = ['--grant', `${audience}=orders:read`]

const askOverTls = (clientId: string, client: { readonly cert: string; readonly key: string }) =>
  callTls(`${secure.issuer}/oauth/token`, { client, ca: tls.server.cert, form: grant(clientId) })

const platformToken = (signer: TestKey, changed: object = {}) =>
  new SignJWT({ repository: 'app', jti: `${Math.random()}`, ...changed })
    .setProtectedHeader({ alg: 'ES256', kid: signer.kid })
    .setIssuer('https://id.example.com')
    .setSubject('job-7')
    .setAudience(credence.issuer)
    .setIssuedAt(now())
    .setExpirationTime(now() + 300)
    .sign(signer.privateKey)

const kinds: readonly Kind[] = [
  {
    title: 'a key in a file',
    data: credence.data,
    client: 'keyed',
    create: ['--jwks', file('job.jwks.json')],
    kind: 'key',
    says: /assertion signed with its key .*thumbprint/,
    ask: () => askWith(credence, makeAssertion(key, { clientId: 'keyed', issuer: credence.issuer })),
  },
  {
    title: 'a key that was made for it',
    data: credence.data,
    client: 'made',
    create: ['--generate-key', file('made.jwk.json')],
    kind: 'key',
    says: /CREDENCE_CLIENT_KEY_FILE=.*made\.jwk\.json/,
    async ask() {
      const jwk = JSON.parse(await readFile(file('made.jwk.json'), 'utf8'))
      const assertion = await new SignJWT({})
        .setProtectedHeader({ alg: 'ES256', kid: jwk.kid })
        .setIssuer('made')
        .setSubject('made')
        .setAudience(credence.issuer)
        .setJti(`${Math.random()}`)
        .setIssuedAt(now())
        .setExpirationTime(now() + 60)
        .sign(await importJWK(jwk))
      return askWith(credence, assertion)
    },
  },
  {
    title: 'a self-signed certificate',
    data: secure.data,
    client: 'self',
    create: ['--certificate', file('self.pem')],
    kind: 'certificate',
    says: /self-signed certificate whose public key/,
    ask: () => askOverTls('self', selfSigned),
  },
  {
    title: 'a certificate of a trusted authority',
    data: secure.data,
    client: 'named',
    create: ['--auth', 'tls_client_auth'],
    add: ['--san-dns', 'job.example.com'],
    kind: 'certificate',
    says: /certificate of a trusted authority for the DNS name job\.example\.com/,
    ask: () => askOverTls('named', byAuthority),
  },
  {
    title: 'the tokens of a platform',
    data: credence.data,
    client: 'federated',
    create: ['--auth', 'federated'],
    add: [
      ...['--federated', 'oidc', '--issuer', 'https://id.example.com', '--subject', 'job-7'],
      ...['--claim', 'repository=app', '--claim', 'repository=tool', '--keys', file('platform.json')],
    ],
    kind: 'federated',
    says: /repository must be "app", or "tool"/,
    ask: async () => askWith(credence, await platformToken(platformKey), { client_id: 'federated' }),
  },
  {
    title: 'the tokens of a platform, given when it is created',
    data: credence.data,
    client: 'at-once',
    create: [
      ...['--federated', 'oidc', '--issuer', 'https://id.example.com', '--subject', 'job-7'],
      ...['--keys', file('platform.json')],
    ],
    kind: 'federated',
    says: /the subject job-7/,
    ask: async () => askWith(credence, await platformToken(platformKey), { client_id: 'at-once' }),
  },
]

for (const { title, data, client, create, add, kind, says, ask } of kinds) {
  test(`A4, checklist 34: ${title}: made by a command, it authenticates; disabled or revoked, it is refused at once`, async () => {
    const made = await run(data, ['client', 'create', client, ...granted, ...create])
    assert.ok(!made.includes('CREDENCE_CLIENT_SECRET'), 'it has no secret')
    let said = made
    if (add !== undefined) {
      assert.match(made, /cannot authenticate yet: credence credential add/)
      assert.equal((await ask()).status, 401)
      said = await run(data, ['credential', 'add', client, ...add])
    }
    assert.match(said, says)
    const answer = await ask()
    assert.equal(answer.status, 200, answer.body)
    const [credential] = await listOf(data, client)
    assert.equal(credential?.kind, kind)
    assert.ok(credential?.last_used_at !== undefined, 'its last use is known')
    const explained = JSON.parse(await run(data, ['explain', client, '--audience', audience, '--json']))
    assert.equal(explained.granted, true)
    assert.match(explained.rules[1].because, new RegExp(credential.credential_id))

    const assertIsRefused = async () => {
      const refused = await ask()
      assert.deepEqual([refused.status, jsonOf(refused).error], [401, 'invalid_client'])
    }
    await run(data, ['client', 'disable', client])
    await assertIsRefused()
    await run(data, ['client', 'enable', client])
    assert.equal((await ask()).status, 200)
    await run(data, ['credential', 'revoke', client, credential.credential_id])
    await assertIsRefused()
    const { code, stdout } = await runCommand(['explain', client, '--audience', audience, '--data', data])
    assert.equal(code, 1)
    assert.match(stdout, /refuses +credentials +it has no credential that is not revoked/)
  })
}

test('checklist 16, 34: client_secret_jwt: the secret signs, and only where the client is registered for it', async () => {
  const create = ['client', 'create', 'hmac', ...granted, '--auth', 'client_secret_jwt', '--json']
  const { client_secret: secret, credential_id: id } = JSON.parse(await run(credence.data, create))
  const ask = (signedWith: string) =>
    askWith(credence, makeHmacAssertion(signedWith, { clientId: 'hmac', issuer: credence.issuer }))
  assert.equal((await ask(secret)).status, 200)
  const rotated = JSON.parse(await run(credence.data, ['credential', 'add', 'hmac', '--json']))
  assert.equal((await ask(rotated.client_secret)).status, 200)
  await run(credence.data, ['credential', 'revoke', 'hmac', id])
  assert.equal((await ask(secret)).status, 401)
  assert.equal((await ask(rotated.client_secret)).status, 200)
  await run(credence.data, ['client', 'disable', 'hmac'])
  assert.equal((await ask(rotated.client_secret)).status, 401)
})

test('the file of a key that was made is its owner’s alone; it is never written over, and goes when the server refuses', async () => {
  assert.equal((await stat(file('made.jwk.json'))).mode & 0o777, 0o600)
  const again = ['client', 'create', 'made-again', ...granted, '--generate-key', file('made.jwk.json')]
  const { code, stderr } = await runCommand([...again, '--data', credence.data])
  assert.deepEqual([code, /exists already.*Nothing was registered/.test(stderr)], [1, true])
  const taken = ['client', 'create', 'made', ...granted, '--generate-key', file('taken.jwk.json')]
  assert.equal((await runCommand([...taken, '--data', credence.data])).code, 1)
  await assert.rejects(stat(file('taken.jwk.json')), /ENOENT/)
})

test('A9: a private key given by mistake is refused on this machine, and never sent', async () => {
  const secretPart = String(key.privateKey.export({ format: 'jwk' }).d)
  await writeFile(file('private.jwk.json'), JSON.stringify(key.privateKey.export({ format: 'jwk' })))
  await writeFile(file('both.pem'), `${selfSigned.cert}${selfSigned.key}`)
  for (const option of [
    ['--jwks', file('private.jwk.json')],
    ['--certificate', file('both.pem')],
  ]) {
    const { code, stderr } = await runCommand(['credential', 'add', 'keyed', ...option, '--data', credence.data])
    assert.equal(code, 1)
    assert.match(stderr, /private.* nothing was sent/)
  }
  // and by whoever sends it all the same
  const answer = await credence.manage('POST', '/clients/keyed/credentials', {
    jwks: { keys: [key.privateKey.export({ format: 'jwk' })] },
  })
  assert.equal(answer.status, 400)
  assert.match(answer.body, /is a private key/)
  assert.ok(!answer.body.includes(secretPart) && !credence.output().includes(secretPart))
})

test('credential rotate: of what is no secret it says how', async () => {
  await run(credence.data, ['client', 'create', 'turning', ...granted, '--jwks', file('job.jwks.json')])
  const { code, stderr } = await runCommand(['credential', 'rotate', 'turning', '--data', credence.data])
  assert.equal(code, 1)
  assert.match(stderr, /no secret to rotate.*credence credential add turning --jwks FILE/)
})

test('RFC 9449 §5.2: api --sender-constraint and client --dpop-bound, --certificate-bound: explained, and shown', async () => {
  await run(credence.data, ['api', 'create', 'urn:bound', '--scope', 'a', '--sender-constraint', 'required'])
  await run(credence.data, ['client', 'create', 'bound', '--grant', 'urn:bound=a', '--dpop-bound'])
  assert.match(await run(credence.data, ['api', 'show', 'urn:bound']), /bound +always/)
  assert.match(await run(credence.data, ['client', 'show', 'bound']), /bound by +DPoP/)
  assert.match(await run(credence.data, ['explain', 'bound']), /depends +sender_constraint +only with a DPoP proof/)
  await run(credence.data, ['client', 'update', 'bound', '--no-dpop-bound', '--certificate-bound'])
  assert.match(await run(credence.data, ['explain', 'bound']), /only over mutual TLS/)
})
