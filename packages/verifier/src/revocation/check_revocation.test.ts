import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Refusal } from '../refusal.ts'
import type { Accepted } from '../resource_server.ts'
import { createTestServer, issuer, now } from '../testing/test_issuer.ts'
import { revocationFeed } from './revocation_feed.ts'
import type { RevocableToken, RevocationOption, RevocationSource } from './revocation_source.ts'

const codeOf = (result: Accepted | Refusal) => (result.ok ? 'accepted' : `${result.status} ${result.code}`)

/** Denies what is in it, by id. */
const createSource = () => {
  const denied = new Set<string>()
  const asked: RevocableToken[] = []
  const calls: string[] = []
  const source: RevocationSource = {
    isRevoked: (token) => {
      asked.push(token)
      return denied.has(token.jti)
    },
    start: () => calls.push('start'),
    close: () => calls.push('close'),
  }
  return { denied, asked, calls, source }
}

/** The order of the curve P-256. SEC 2 §2.4.2. */
const curveOrder = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The same ES256 signature in its other valid form: s becomes n - s. */
const withOtherForm = (token: string): string => {
  const parts = token.split('.')
  const signature = Buffer.from(parts[2] ?? '', 'base64url')
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
  const other = Buffer.from((curveOrder - s).toString(16).padStart(64, '0'), 'hex')
  return [parts[0], parts[1], Buffer.concat([signature.subarray(0, 32), other]).toString('base64url')].join('.')
}

describe('revocation on the verifier’s road', () => {
  it('a source about an issuer that is not trusted, be it by a slash, is refused at the start: it would deny nothing', async () => {
    const { source, calls } = createSource()
    for (const wrong of [`${issuer}/`, 'https://other.example.com']) {
      await assert.rejects(createTestServer({ revocation: { ...source, issuer: wrong } }), /must be one of issuers/)
      const feed = revocationFeed({ issuer: wrong, clientId: 'orders-api', clientSecret: 's3cret' })
      await assert.rejects(createTestServer({ revocation: [source, feed] }), TypeError)
    }
    assert.deepEqual(calls, [])
    const { server } = await createTestServer({ revocation: { ...source, issuer } })
    assert.deepEqual(calls, ['start'])
    server.close()
  })

  it('V13: a token that was accepted is refused as soon as it is revoked, on a cache hit', async () => {
    const { source, denied, asked } = createSource()
    const { verify, from, fetches } = await createTestServer({ revocation: source })
    const token = await from.sign({ credential_id: 'cred_1' })
    assert.equal(codeOf(await verify(token)), 'accepted')
    assert.equal(codeOf(await verify(token)), 'accepted')
    assert.deepEqual(asked[1], {
      iss: issuer,
      jti: 'token-1',
      clientId: 'reporter',
      credentialId: 'cred_1',
      aud: from.claims.aud,
      iat: now,
    })
    denied.add('token-1')
    const refusal = await verify(token)
    assert.equal(codeOf(refusal), '401 revoked')
    assert.ok(!refusal.ok)
    assert.match(refusal.challenge ?? '', /error="invalid_token", error_description="the token is revoked"/)
    assert.equal(fetches.length, 2)
    denied.delete('token-1')
    assert.equal(codeOf(await verify(token)), 'accepted')
  })

  it('V13: a cache hit does not outlive exp, with no tolerance', async () => {
    const { verify, from, clock } = await createTestServer()
    const token = await from.sign({ exp: now + 10 })
    assert.equal(codeOf(await verify(token)), 'accepted')
    clock.advance(14)
    assert.equal(codeOf(await verify(token)), 'accepted', 'verified anew, and within the tolerance')
    clock.advance(1)
    assert.equal(codeOf(await verify(token)), '401 expired')
  })

  it('V13: a cache hit does not outlive the removal of its key', async () => {
    const { verify, from, clock, network } = await createTestServer()
    const token = await from.sign({ exp: now + 7_200 })
    assert.equal(codeOf(await verify(token)), 'accepted')
    const { from: other } = await createTestServer()
    network.set(`${issuer}/keys`, { keys: [{ ...other.jwk, kid: 'key-2' }] })
    clock.advance(301)
    assert.equal(codeOf(await verify(token)), '401 unknown_key')
  })

  it('V14: the other form of the same signature is another text, and just as revoked', async () => {
    const { source, denied } = createSource()
    const { verify, from } = await createTestServer({ revocation: source })
    const token = await from.sign()
    const other = withOtherForm(token)
    assert.notEqual(other, token)
    assert.equal(codeOf(await verify(other)), 'accepted')
    denied.add('token-1')
    assert.equal(codeOf(await verify(token)), '401 revoked')
    assert.equal(codeOf(await verify(other)), '401 revoked')
  })

  it('what is revoked and lacks a scope is told that it is revoked', async () => {
    const { verify, from } = await createTestServer({ revocation: () => true })
    assert.equal(codeOf(await verify(await from.sign(), { all: ['orders:write'] })), '401 revoked')
  })

  it('a token that does not verify is not asked about', async () => {
    const { source, asked } = createSource()
    const { verify, from } = await createTestServer({ revocation: source })
    assert.equal(codeOf(await verify(await from.sign({ exp: now - 60 }))), '401 expired')
    assert.deepEqual(asked, [])
  })

  it('a source that cannot say is 503 and not 401, without a challenge, with the reason for the operator alone', async () => {
    const away = new Error('the table is away')
    for (const revocation of [
      () => {
        throw away
      },
      async () => Promise.reject(away),
      () => undefined as unknown as boolean,
      async () => 'no' as unknown as boolean,
    ]) {
      const { verify, from } = await createTestServer({ revocation })
      const refusal = await verify(await from.sign())
      assert.equal(codeOf(refusal), '503 revocation_unknown')
      assert.ok(!refusal.ok)
      assert.equal(refusal.challenge, undefined)
      assert.match(refusal.headers['retry-after'] ?? '', /^\d+$/)
      assert.match(refusal.detail ?? '', /the table is away|must answer true or false/)
      assert.doesNotMatch(refusal.body, /table|must answer/)
    }
  })

  it('a source that never answers is 503 after five seconds', async (context) => {
    const { verify, from } = await createTestServer({ revocation: () => new Promise(() => {}) })
    const token = await from.sign()
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const asking = verify(token)
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    context.mock.timers.tick(5_000)
    assert.equal(codeOf(await asking), '503 revocation_unknown')
  })

  it('of several sources each may refuse, and one that fails later harms nobody', async () => {
    const late = () => new Promise<boolean>((_, reject) => setImmediate(reject, new Error('late')))
    for (const [revocation, code] of [
      [[() => false, async () => false], 'accepted'],
      [[() => false, async () => true], '401 revoked'],
      [[late, () => true], '401 revoked'],
      [[], 'accepted'],
    ] as const) {
      const { verify, from } = await createTestServer({ revocation })
      assert.equal(codeOf(await verify(await from.sign())), code)
      await new Promise((resolve) => setTimeout(resolve))
    }
  })

  it('sources are started with the resource server and closed with it', async () => {
    const { source, calls } = createSource()
    const { server } = await createTestServer({ revocation: [source, () => false] })
    assert.deepEqual(calls, ['start'])
    server.close()
    assert.deepEqual(calls, ['start', 'close'])
  })

  it('what is no source is refused when the resource server is created', async () => {
    for (const wrong of [{}, null, 'feed', [{}]]) {
      await assert.rejects(createTestServer({ revocation: wrong as RevocationOption }), TypeError)
    }
  })
})
