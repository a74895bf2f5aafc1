import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startTestAuthorizationServer } from '@credence/testkit'
import { startCredence } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'
import { runCommand } from '../support/run_command.ts'
import { startReached } from './provider_flags.ts'

const folder = await makeFolder()
after(folder.dispose)

const inspect = async (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  const { code, stdout, stderr } = await runCommand(['inspect', ...args], environment)
  return { code, stdout, stderr }
}

describe('credence inspect', () => {
  for (const skin of ['credence', 'generic', 'auth0', 'okta', 'keycloak'] as const) {
    it(`${skin}: verifies by its profile, and gets the token itself when there is none`, async () => {
      const { as, args, environment } = await startReached(skin, folder.path)
      const given = await inspect([await as.issueToken(), '--provider', skin])
      const own = await inspect([...args, '--json'], environment)
      await as.close()
      assert.equal(given.code, 0, given.stderr)
      assert.match(given.stdout, /^verified: issued by http/)
      assert.ok(given.stdout.includes(`who         ${as.clientId}`), given.stdout)
      assert.equal(own.code, 0, own.stderr)
      const { verified, by, bound, expires_in: left, checks } = JSON.parse(own.stdout)
      assert.deepEqual([verified, by, bound], [true, 'signature', false])
      assert.ok(left > 0)
      assert.ok(checks.every(({ result }: { readonly result: string }) => result === 'passed'))
    })
  }

  it('which check failed, what passed before it, and what was not reached', async () => {
    await using as = await startTestAuthorizationServer({ skin: 'generic' })
    for (const [changes, args, code, failed] of [
      [{ expired: true }, [], 'expired', 'time'],
      [{ signedBy: 'stranger' }, [], 'bad_signature', 'signature'],
      [{ unsigned: true }, [], 'unsupported_algorithm', 'algorithm'],
      [{ header: { typ: 'dpop+jwt' } }, [], 'wrong_type', 'type'],
      [{ header: { kid: 'other' } }, [], 'unknown_key', 'key'],
      [{ claims: { jti: undefined } }, [], 'invalid_claims', 'claims'],
      [{}, ['--audience', 'urn:other'], 'wrong_audience', 'audience'],
      [{}, ['--issuer', 'https://other.example'], 'wrong_issuer', 'issuer'],
    ] as const) {
      const { code: exit, stdout, stderr } = await inspect([await as.issueToken(changes), '--json', ...args])
      assert.deepEqual([exit, JSON.parse(stderr).code], [1, code])
      const { verified, checks } = JSON.parse(stdout) as {
        readonly verified: boolean
        readonly checks: readonly { readonly check: string; readonly result: string }[]
      }
      assert.equal(verified, false)
      const at = checks.findIndex(({ result }) => result === 'failed')
      assert.equal(checks[at]?.check, failed, code)
      assert.ok(checks.slice(0, at).every(({ result }) => result === 'passed'))
      assert.ok(checks.slice(at + 1).every(({ result }) => result === 'not_reached'))
    }
    const plain = await inspect([await as.issueToken({ expired: true })])
    assert.match(plain.stdout, /until +\S+ \S+, 1 minute ago/)
    assert.match(plain.stdout, /passed +form, .*audience\n +failed +time\n +not reached claims\n/)
  })

  it('typ JWT without a profile: verified, and what an API has to accept', async () => {
    await using as = await startTestAuthorizationServer({ skin: 'generic' })
    const { code, stdout } = await inspect([await as.issueToken({ header: { typ: 'JWT' } })])
    assert.equal(code, 0)
    assert.match(stdout, /^verified: .*jwt-legacy/)
  })

  it('RFC 7800 §3.1: a bound token is verified, and what it is bound to is said', async () => {
    await using as = await startTestAuthorizationServer()
    const jkt = 'a'.repeat(43)
    for (const [cnf, says] of [
      [{ jkt }, /bound to +the key a{43}: a DPoP proof/],
      [{ 'x5t#S256': jkt }, /bound to +the certificate a{43}: it must be that of the connection/],
    ] as const) {
      const { code, stdout, stderr } = await inspect([await as.issueToken({ claims: { cnf } })])
      assert.equal(code, 0, stderr)
      assert.match(stdout, /^verified/)
      assert.match(stdout, says)
    }
  })

  it('RFC 7662 §2.2: an opaque token is asked about as the client that is given', async () => {
    const credence = await startCredence()
    const audience = 'https://orders.example.com'
    await credence.createApi({ audience, scopes: ['orders:read'], token_format: 'opaque' })
    const job = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['orders:read'] }] })
    const api = await credence.createClient({ client_id: 'orders-api', serves: [audience] })
    const asJob = { CREDENCE_CLIENT_SECRET: job.client_secret }
    const asApi = { CREDENCE_CLIENT_SECRET: api.client_secret }
    const server = ['--issuer', credence.issuer]
    const got = await runCommand(['token', ...server, '--client-id', 'job'], asJob)
    const token = got.stdout.trim()
    assert.match(token, /^cat_/, got.stderr)
    const active = await inspect([token, ...server, '--client-id', 'orders-api'], asApi)
    assert.equal(active.code, 0, active.stderr)
    assert.match(active.stdout, /^active: the issuer says so/)
    assert.match(active.stdout, /who +job\n +may +orders:read/)
    const nobody = await inspect([token, '--json'])
    assert.deepEqual([nobody.code, JSON.parse(nobody.stderr).code], [1, 'opaque_token'])
    const changed = `${token.slice(0, -4)}AAAA`
    const inactive = await inspect([changed, ...server, '--client-id', 'orders-api', '--json'], asApi)
    assert.deepEqual([inactive.code, JSON.parse(inactive.stderr).code], [1, 'token_inactive'])
    const refused = await inspect([token, ...server, '--client-id', 'orders-api', '--json'], {
      CREDENCE_CLIENT_SECRET: 'a-wrong-secret-canary',
    })
    await credence.dispose()
    assert.deepEqual([refused.code, JSON.parse(refused.stderr).code], [1, 'introspection_refused'])
    assert.ok(!`${refused.stdout}${refused.stderr}`.includes('canary'))
  })
})
