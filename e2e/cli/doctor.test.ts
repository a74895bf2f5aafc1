import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startTestAuthorizationServer } from '@credence/testkit'
import { type RunningCredence, startCredence, type TestClient } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'
import { runCommand } from '../support/run_command.ts'
import { examine } from './examination.ts'
import { type Front, makeServerCertificate, startFront } from './front.ts'
import { startReached } from './provider_flags.ts'

const audience = 'https://orders.example.com'
const folder = await makeFolder()
after(folder.dispose)

const fill = async (credence: RunningCredence): Promise<TestClient> => {
  await credence.createApi({ audience, scopes: ['orders:read', 'orders:write'] })
  return credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['orders:read'] }] })
}

describe('credence doctor: the server on this machine', () => {
  let credence: RunningCredence
  let client: TestClient
  before(async () => {
    credence = await startCredence()
    client = await fill(credence)
  })
  after(() => credence.dispose())

  const examineLocal = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    examine(args, { CREDENCE_DATA: credence.data, CREDENCE_CLIENT_SECRET: client.client_secret, ...environment })

  it('contract: all is good, exit code 0, and it was asked for one token', async () => {
    const { ok, failed, warnings, checks, find } = await examineLocal(['--client-id', 'job', '--audience', audience])
    assert.deepEqual([failed, warnings, ok], [[], [], true])
    assert.ok(
      checks.every(({ status }) => status === 'ok'),
      JSON.stringify(checks),
    )
    assert.ok(find('server').found.includes(credence.issuer))
    assert.match(find('secret').found, /does not expire/)
  })

  it('without a client: what anybody may see', async () => {
    const { ok, find } = await examine([], { CREDENCE_DATA: credence.data })
    assert.equal(ok, true)
    assert.equal(find('key_set').status, 'ok')
    for (const check of ['client', 'credentials', 'scope', 'token_form', 'revocation']) {
      assert.deepEqual([check, find(check).status, find(check).code], [check, 'skipped', 'no_client'])
    }
  })

  it('no data folder and no server: which one to start', async () => {
    const { failed } = await examine([], { CREDENCE_DATA: join(folder.path, 'nowhere') })
    assert.deepEqual(failed.slice(0, 2), ['data_folder: no_data_folder', 'server: no_server'])
  })

  it('a master key that others may read', async () => {
    const file = join(credence.data, 'master.key')
    await chmod(file, 0o644)
    const { failed } = await examine([], { CREDENCE_DATA: credence.data })
    await chmod(file, 0o600)
    assert.deepEqual(failed, ['data_folder: master_key_readable'])
  })

  it('a client that is not there, a wrong secret, a disabled client, a revoked secret', async () => {
    const unknown = await examineLocal(['--client-id', 'nobody'])
    assert.deepEqual(unknown.failed, ['client: unknown_client', 'credentials: invalid_client'])
    const wrong = `${client.client_secret.slice(0, -6)}canary`
    const refused = await examineLocal(['--client-id', 'job'], { CREDENCE_CLIENT_SECRET: wrong })
    assert.deepEqual(refused.failed, ['credentials: invalid_client'])
    assert.equal(refused.find('scope').status, 'skipped')

    const other = await credence.createClient({ client_id: 'other', grants: [{ audience, scopes: ['orders:read'] }] })
    const foreign = await examineLocal(['--client-id', 'job'], { CREDENCE_CLIENT_SECRET: other.client_secret })
    assert.deepEqual(foreign.failed, ['secret: unknown_secret', 'credentials: invalid_client'])
    await credence.manage('POST', '/clients/other/credentials', {})
    await credence.manage('DELETE', `/clients/other/credentials/${other.credential_id}`)
    const asOther = { CREDENCE_CLIENT_SECRET: other.client_secret }
    const revoked = await examineLocal(['--client-id', 'other'], asOther)
    assert.deepEqual(revoked.failed, ['secret: secret_revoked', 'credentials: invalid_client'])
    await credence.manage('PATCH', '/clients/other', { disabled: true })
    const disabled = await examineLocal(['--client-id', 'other'], asOther)
    assert.ok(disabled.failed.includes('client: client_disabled'), `${disabled.failed}`)
  })

  it('C2: a scope or an audience that is not granted, where the credentials are good', async () => {
    const scope = await examineLocal(['--client-id', 'job', '--scope', 'orders:write'])
    assert.deepEqual(scope.failed, ['scope: invalid_scope'])
    const target = await examineLocal(['--client-id', 'job', '--audience', 'urn:other'])
    assert.deepEqual(target.failed, ['audience: invalid_target'])
    assert.equal(target.find('credentials').status, 'ok')
  })

  it('variables of this machine: a proxy that Node does not heed, and TLS that is not verified', async () => {
    const proxied = await examineLocal([], { HTTPS_PROXY: 'http://proxy.example:3128', CREDENCE_CLIENT_SECRET: '' })
    assert.deepEqual([proxied.ok, proxied.warnings], [true, ['environment: proxy_not_used']])
    const open = await examineLocal([], { NODE_TLS_REJECT_UNAUTHORIZED: '0', CREDENCE_CLIENT_SECRET: '' })
    assert.deepEqual(open.failed, ['environment: tls_not_verified'])
  })

  it('for people: a line each, marks, what to do, and how many; no colours off a terminal', async () => {
    const { code, stdout } = await runCommand(['doctor', '--client-id', 'job', '--scope', 'orders:write'], {
      CREDENCE_DATA: credence.data,
      CREDENCE_CLIENT_SECRET: client.client_secret,
    })
    assert.equal(code, 1)
    assert.match(stdout, /^✓ environment /)
    assert.match(stdout, /\n✗ scope +\S.*orders:write.*\n +→ grant the scope/)
    assert.match(stdout, /\n- lifetime +skipped: there is no token\n/)
    assert.match(stdout, /\n\n\d+ good, 1 failed, \d+ skipped\n$/)
    assert.ok(!stdout.includes('\u001b'))
  })

  it('wrong usage: an option of another provider, one that is missing, a credential without a client', async () => {
    for (const [args, says] of [
      [['--domain', 'example.com'], /--domain: say whose it is by --provider/],
      [['--provider', 'auth0', '--domain', 'example.com'], /--provider auth0 needs --audience/],
      [
        ['--provider', 'keycloak', '--url', 'https://a.example', '--realm', 'x', '--tenant', 'y'],
        /no use for --tenant/,
      ],
      [[], /no client id/],
      [['--client-id', 'a', '--auth', 'private_key_jwt', '--key', '/nowhere'], /--key: ENOENT/],
      [['--client-id', 'a', '--key', '/nowhere', '--token-file', '/nowhere'], /say which by --auth/],
    ] as const) {
      const { code, stderr } = await runCommand(['doctor', ...args], { CREDENCE_CLIENT_SECRET: 'x' })
      assert.equal(code, 2, stderr)
      assert.match(stderr, says)
    }
  })
})

describe('credence doctor: any provider', () => {
  for (const skin of ['credence', 'generic', 'auth0', 'okta', 'keycloak'] as const) {
    it(`${skin}: all is good, exit code 0`, async () => {
      const { as, args, environment } = await startReached(skin, folder.path)
      const { failed, warnings, ok } = await examine(args, environment)
      await as.close()
      assert.deepEqual([failed, warnings, ok], [[], [], true])
    })
  }

  for (const skin of ['entra', 'cognito'] as const) {
    it(`${skin}: all is good but for its issuer, which is none of that provider's here`, async () => {
      const { as, args, environment } = await startReached(skin, folder.path)
      const { failed, warnings } = await examine(args, environment)
      await as.close()
      assert.deepEqual([failed, warnings], [['verifier: profile_refused'], []])
    })
  }

  it('a wrong secret and an unknown client, as far as the provider tells them apart', async () => {
    const { as, args, environment } = await startReached('keycloak', folder.path)
    const wrong = await examine(args, { CREDENCE_CLIENT_SECRET: 'a-wrong-secret' })
    const unknown = await examine([...args, '--client-id', 'nobody'], environment)
    await as.close()
    assert.deepEqual([wrong.failed, unknown.failed], [['credentials: invalid_client'], ['credentials: invalid_client']])
    assert.match(wrong.find('credentials').found, /the secret is wrong/)
    assert.match(unknown.find('credentials').found, /no such client/)
  })

  it('what a preset says of what it is given', async () => {
    const { code, stderr } = await runCommand(
      ['doctor', '--provider', 'okta', '--domain', 'a-admin.okta.com', '--scope', 'x', '--json'],
      {},
    )
    assert.equal(code, 1)
    assert.equal(JSON.parse(stderr).code, 'invalid_configuration')
  })

  it('a token endpoint that is down, answers with a page, or limits', async () => {
    await using as = await startTestAuthorizationServer()
    const args = ['--issuer', as.issuer, '--client-id', as.clientId]
    const environment = { CREDENCE_CLIENT_SECRET: as.clientSecret }
    for (const [fault, code] of [
      [{ status: 500 }, 'server_error'],
      [{ html: true }, 'malformed_response'],
      [{ garbage: true }, 'malformed_response'],
      [{ cutConnection: true }, 'network_error'],
      [{ status: 429 }, 'temporarily_unavailable'],
    ] as const) {
      as.fault(fault)
      const { failed } = await examine(args, environment)
      assert.deepEqual(failed, [`credentials: ${code}`])
    }
  })

  it('tokens that live too short or too long, without aud, with the typ JWT, and by a key that is gone', async () => {
    await using as = await startTestAuthorizationServer({ skin: 'generic' })
    const ask = async (clientId: string) => {
      const { clientSecret } = as.addClient({ ...settings[clientId], clientId })
      return examine(['--issuer', as.issuer, '--client-id', clientId], { CREDENCE_CLIENT_SECRET: clientSecret })
    }
    const settings: Readonly<Record<string, object>> = {
      short: { tokenTtlSeconds: 20 },
      long: { tokenTtlSeconds: 1_000_000 },
      nobody: { claims: { aud: undefined } },
      stranger: { claims: { iss: 'https://other.example' } },
    }
    assert.deepEqual((await ask('short')).warnings, ['lifetime: short_lifetime'])
    assert.deepEqual((await ask('long')).warnings, ['lifetime: long_lifetime'])
    const nobody = await ask('nobody')
    assert.deepEqual([nobody.warnings, nobody.failed], [['audience: no_audience'], ['verifier: invalid_claims']])
    assert.deepEqual((await ask('stranger')).failed, ['verifier: wrong_issuer'])
  })

  it('an audience that the provider does not heed, and a scope that it drops', async () => {
    await using as = await startTestAuthorizationServer({ skin: 'keycloak' })
    const { issuer, clientId } = as
    const args = ['--issuer', issuer, '--token-endpoint', as.tokenEndpoint, '--client-id', clientId]
    const { failed, find } = await examine([...args, '--audience', audience], {
      CREDENCE_CLIENT_SECRET: as.clientSecret,
    })
    assert.deepEqual(failed, ['audience: audience_not_granted', 'verifier: wrong_audience'])
    assert.match(find('verifier').advice ?? '', /createResourceServer/)
  })
})

describe('credence doctor: in between', () => {
  let front: Front
  let credence: RunningCredence
  let client: TestClient
  before(async () => {
    front = await startFront()
    credence = await startCredence({ args: ['--issuer', front.origin] })
    front.forward(credence.public.url)
    client = await fill(credence)
  })
  after(async () => {
    await front.close()
    await credence.dispose()
  })

  const examineSpoilt = (spoil: Parameters<Front['spoil']>[0]) => {
    front.spoil(spoil)
    return examine(['--issuer', front.origin, '--client-id', 'job'], { CREDENCE_CLIENT_SECRET: client.client_secret })
  }
  const isMetadata = (path: string) => path.startsWith('/.well-known/oauth-authorization-server')
  const isKeySet = (path: string) => path === '/.well-known/jwks.json'

  /** Members of a document changed; all else passes. */
  const changed =
    (isIt: (path: string) => boolean, members: object): Parameters<Front['spoil']>[0] =>
    (path, answer) =>
      isIt(path) ? { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), ...members }) } : answer

  it('nothing in between: all is good', async () => {
    const { failed, warnings, ok } = await examineSpoilt((_path, answer) => answer)
    assert.deepEqual([failed, warnings, ok], [[], [], true])
  })

  it('a clock that is ten minutes off, or ten seconds', async () => {
    const later =
      (seconds: number): Parameters<Front['spoil']>[0] =>
      (_path, answer) => ({
        ...answer,
        headers: { ...answer.headers, date: new Date(Date.now() + seconds * 1000).toUTCString() },
      })
    const far = await examineSpoilt(later(600))
    assert.deepEqual(far.failed, ['clock: clock_skew'])
    assert.match(far.find('clock').found, /(?:59\d|60[01]) s behind the issuer/)
    assert.match((await examineSpoilt(later(-600))).find('clock').found, /s ahead of the issuer/)
    assert.deepEqual((await examineSpoilt(later(15))).warnings, ['clock: clock_skew'])
  })

  it('RFC 8414 §3.3: an issuer with a slash too many, and another one', async () => {
    const slash = await examineSpoilt(changed(isMetadata, { issuer: `${front.origin}/` }))
    assert.deepEqual(slash.failed, ['issuer: issuer_mismatch'])
    assert.match(slash.find('issuer').found, /with a slash at the end/)
    assert.equal(slash.find('credentials').status, 'skipped')
    const other = await examineSpoilt(changed(isMetadata, { issuer: 'https://other.example' }))
    assert.deepEqual(other.failed, ['issuer: issuer_mismatch'])
  })

  it('a token endpoint on another host: no credential is sent there', async () => {
    const { failed, find } = await examineSpoilt(changed(isMetadata, { token_endpoint: 'https://evil.example/token' }))
    assert.deepEqual(failed, ['token_endpoint: untrusted_endpoint'])
    assert.equal(find('credentials').status, 'skipped')
  })

  it('other endpoints on another host are not asked', async () => {
    const { warnings } = await examineSpoilt(
      changed(isMetadata, {
        introspection_endpoint: 'https://evil.example/',
        revocation_endpoint: 'https://evil.example/',
      }),
    )
    assert.deepEqual(warnings, ['introspection: untrusted_endpoint', 'revocation: untrusted_endpoint'])
  })

  it('who may be sent the credential is not read from the document', async () => {
    const asked: string[] = []
    const elsewhere = await startFront()
    elsewhere.spoil((path, answer) => {
      asked.push(path)
      return answer
    })
    elsewhere.forward(credence.public.url)
    const endpoint = `${elsewhere.origin}/oauth/introspect`
    front.spoil(changed(isMetadata, { issuer: elsewhere.origin, introspection_endpoint: endpoint }))
    const args = ['--issuer', front.origin, '--token-endpoint', `${front.origin}/oauth/token`, '--client-id', 'job']
    const { failed, warnings } = await examine(args, { CREDENCE_CLIENT_SECRET: client.client_secret })
    await elsewhere.close()
    assert.deepEqual([failed, asked], [['issuer: issuer_mismatch'], []])
    assert.deepEqual(warnings, ['introspection: untrusted_endpoint'])
  })

  it('a grant and a method that the metadata do not list, and that work all the same', async () => {
    const { ok, warnings } = await examineSpoilt(
      changed(isMetadata, { grant_types_supported: ['implicit'], token_endpoint_auth_methods_supported: ['none'] }),
    )
    assert.deepEqual([ok, warnings], [true, ['grant: grant_not_listed', 'auth_method: auth_method_not_listed']])
  })

  it('no metadata: 404 at both places', async () => {
    const { failed } = await examineSpoilt((path, answer) =>
      path.startsWith('/.well-known/o') ? { ...answer, status: 404, body: '{}' } : answer,
    )
    assert.deepEqual(failed, ['metadata: no_metadata', 'token_endpoint: no_token_endpoint'])
  })

  it('RFC 7517 §5: a key set that is empty, a page, of the wrong type, missing, or of another server', async () => {
    const empty = await examineSpoilt(changed(isKeySet, { keys: [] }))
    assert.deepEqual(empty.failed, ['key_set: no_usable_key'])
    assert.equal(empty.find('verifier').status, 'skipped')
    const page = await examineSpoilt((path, answer) => (isKeySet(path) ? { ...answer, body: '<html>' } : answer))
    assert.deepEqual(page.failed, ['key_set: no_key_set'])
    const text = await examineSpoilt((path, answer) =>
      isKeySet(path) ? { ...answer, headers: { ...answer.headers, 'content-type': 'text/plain' } } : answer,
    )
    assert.deepEqual(text.failed, ['key_set: wrong_content_type'])
    const gone = await examineSpoilt((path, answer) => (isKeySet(path) ? { ...answer, status: 503 } : answer))
    assert.deepEqual(gone.failed, ['key_set: no_key_set'])
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    const keys = [{ ...foreign, kid: 'other', use: 'sig', alg: 'ES256' }]
    const other = await examineSpoilt(changed(isKeySet, { keys }))
    assert.deepEqual(other.failed, ['signing_key: unknown_key', 'verifier: unknown_key'])
  })

  it('a signature that is not that of the key named', async () => {
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    const { failed } = await examineSpoilt((path, answer) => {
      if (!isKeySet(path)) return answer
      const { keys } = JSON.parse(answer.body) as { readonly keys: readonly object[] }
      return { ...answer, body: JSON.stringify({ keys: keys.map((key) => ({ ...key, ...foreign })) }) }
    })
    assert.deepEqual(failed, ['signature: bad_signature', 'verifier: bad_signature'])
  })

  it('weak and odd keys beside good ones, each with its reason; keys for encryption are none', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
    const withKeys =
      (more: readonly object[]): Parameters<Front['spoil']>[0] =>
      (path, answer) => {
        if (!isKeySet(path)) return answer
        return { ...answer, body: JSON.stringify({ keys: [...JSON.parse(answer.body).keys, ...more] }) }
      }
    const { warnings, find } = await examineSpoilt(
      withKeys([
        { ...weak, kid: 'weak', alg: 'RS256' },
        { kty: 'oct', k: 'c2VjcmV0', kid: 'odd' },
      ]),
    )
    assert.deepEqual(warnings, ['key_set: odd_keys'])
    assert.match(find('key_set').found, /weak: .*2048.*odd: /)
    const encryption = await examineSpoilt(withKeys([{ ...weak, kid: 'enc', use: 'enc', alg: 'RSA-OAEP' }]))
    assert.deepEqual([encryption.ok, encryption.warnings], [true, []])
  })
})

describe('credence doctor: whether it can be reached at all', () => {
  const examineAt = (issuer: string, environment: Readonly<Record<string, string>> = {}) =>
    examine(['--issuer', issuer, '--client-id', 'job'], { CREDENCE_CLIENT_SECRET: 'x'.repeat(20), ...environment })

  it('a name without an address, and a port where nothing listens', async () => {
    const nowhere = await examineAt('https://nowhere.invalid')
    assert.match(`${nowhere.failed}`, /^dns: (ENOTFOUND|EAI_AGAIN|timeout)$/)
    assert.ok(nowhere.checks.filter(({ status }) => status === 'skipped').length > 10)
    const refused = await examineAt('http://127.0.0.1:1')
    assert.deepEqual(refused.failed, ['connect: ECONNREFUSED'])
  })

  it('plain http to another machine is not asked for anything', async () => {
    const { failed } = await examineAt('http://localhost.invalid')
    assert.ok(failed.every((line) => !line.startsWith('credentials')))
    const { code, stderr } = await runCommand(['token', '--issuer', 'http://a.example', '--client-id', 'a', '--json'], {
      CREDENCE_CLIENT_SECRET: 'x',
    })
    assert.deepEqual([code, JSON.parse(stderr).code], [1, 'insecure_url'])
  })

  it('RFC 5280: a good certificate, one by nobody we know, one that has expired, one for another name, one that soon expires', async (t) => {
    const day = 86_400_000
    const inDays = (days: number) => new Date(Date.now() + days * day)
    const examineTls = async (options: Parameters<typeof makeServerCertificate>[0], isTrusted: boolean) => {
      const pair = await makeServerCertificate(options)
      const front = await startFront(pair)
      t.after(() => front.close())
      const file = join(folder.path, 'authority.pem')
      await writeFile(file, pair.cert)
      return {
        front,
        file,
        examined: isTrusted
          ? await examineAt(front.origin, { NODE_EXTRA_CA_CERTS: file })
          : await examineAt(front.origin),
      }
    }
    const good = await examineTls({}, true)
    assert.equal(good.examined.find('tls').status, 'ok')
    assert.match(good.examined.find('tls').found, /^TLSv1\.3, certificate good for another \d+ days$/)
    const unknown = await examineTls({}, false)
    assert.deepEqual(unknown.examined.failed, ['tls: DEPTH_ZERO_SELF_SIGNED_CERT'])
    const expired = await examineTls({ notBeforeDate: inDays(-20), notAfterDate: inDays(-1) }, true)
    assert.deepEqual(expired.examined.failed, ['tls: CERT_HAS_EXPIRED'])
    assert.equal(expired.examined.find('metadata').status, 'skipped')
    const early = await examineTls({ notBeforeDate: inDays(2), notAfterDate: inDays(20) }, true)
    assert.deepEqual(early.examined.failed, ['tls: CERT_NOT_YET_VALID'])
    const misnamed = await examineTls({ name: 'other.example' }, true)
    assert.deepEqual(misnamed.examined.failed, ['tls: ERR_TLS_CERT_ALTNAME_INVALID'])
    assert.match(misnamed.examined.find('tls').found, /other\.example, not for 127\.0\.0\.1/)
    const soon = await examineTls({ notBeforeDate: inDays(-20), notAfterDate: inDays(3) }, true)
    assert.ok(soon.examined.warnings.includes('tls: certificate_expires_soon'), `${soon.examined.warnings}`)
  })

  it('over TLS, with an authority of one’s own: all is good', async () => {
    const pair = await makeServerCertificate()
    const front = await startFront(pair)
    const credence = await startCredence({ args: ['--issuer', front.origin] })
    front.forward(credence.public.url)
    const client = await fill(credence)
    const file = join(folder.path, 'good.pem')
    await writeFile(file, pair.cert)
    const { failed, warnings, ok } = await examineAt(front.origin, {
      CREDENCE_CLIENT_SECRET: client.client_secret,
      NODE_EXTRA_CA_CERTS: file,
    })
    await front.close()
    await credence.dispose()
    assert.deepEqual([failed, warnings, ok], [[], [], true])
  })

  it('a server that accepts connections and never answers: told, and in bounded time', async () => {
    const silent = createServer((socket) => socket.resume())
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { failed } = await examineAt(`http://127.0.0.1:${port}`)
    silent.close()
    assert.deepEqual(failed, ['metadata: timeout'])
  })
})
