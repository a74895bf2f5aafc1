import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { createTokenManager, privateKeyJwt, TokenError } from '@credence/client'
import { createResourceServer } from '@credence/verifier'
import { type SkinName, skinNames, startTestAuthorizationServer, type TestAuthorizationServer } from './index.ts'

type AnyServer = TestAuthorizationServer<SkinName>

const managerFor = (as: AnyServer) =>
  createTokenManager({
    issuer: as.issuer,
    clientId: as.clientId,
    clientSecret: as.clientSecret,
    clock: as.clock,
    retry: { maxAttempts: 1 },
  })

const apiFor = (as: AnyServer) =>
  createResourceServer({ resource: as.audience, issuers: [{ issuer: as.issuer }], clock: as.clock })

const verify = (as: AnyServer, token: string) => {
  const headers = { authorization: `Bearer ${token}` }
  return apiFor(as).verify({ method: 'GET', url: '/', headers })
}

const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => assert.fail('nothing failed'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof TokenError, `${error}`)
  return error.code
}

const post = async (url: string, form: Record<string, string>) => {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

test('one line: a client of Credence gets a token from it, and an API of Credence accepts it', async () => {
  await using as = await startTestAuthorizationServer()
  const token = await managerFor(as).getToken({ scope: 'read write' })
  const verified = await verify(as, token.accessToken)
  assert.ok(verified.ok)
  assert.deepEqual(verified.token.scopes, ['read', 'write'])
  assert.equal(verified.token.clientId, as.clientId)
})

test('the clock is shared: a token lives as long as the test says', async () => {
  await using as = await startTestAuthorizationServer({ startsAt: 1_800_000_000 })
  const tokens = managerFor(as)
  const first = await tokens.getToken()
  assert.equal(first.expiresAt, 1_800_000_600)
  as.clock.advance(600)
  const expired = await verify(as, first.accessToken)
  assert.equal(expired.ok, true, 'within the tolerance of 5 s')
  as.clock.advance(6)
  assert.equal((await verify(as, first.accessToken)).ok, false)
  assert.notEqual((await tokens.getToken()).accessToken, first.accessToken)
})

test('the clock does not run back by accident, and can be set back on purpose', async () => {
  await using as = await startTestAuthorizationServer({ startsAt: 1_000 })
  assert.throws(() => as.clock.advance(-1), RangeError)
  assert.throws(() => as.clock.advance(Number.NaN), RangeError)
  as.clock.set(500)
  assert.equal(as.clock.epochSeconds(), 500)
  assert.equal(as.clock.monotonicMs(), 0)
})

test('the same seed gives the same ids and secrets, another seed others', async () => {
  await using one = await startTestAuthorizationServer({ startsAt: 1 })
  await using same = await startTestAuthorizationServer({ startsAt: 1 })
  await using other = await startTestAuthorizationServer({ startsAt: 1, seed: 'other' })
  assert.equal(one.clientSecret, same.clientSecret)
  assert.notEqual(one.clientSecret, other.clientSecret)
  const jtiOf = async (as: AnyServer) =>
    JSON.parse(Buffer.from((await as.issueToken()).split('.')[1] ?? '', 'base64url').toString()).jti
  assert.equal(await jtiOf(one), await jtiOf(same))
})

const badTokens = {
  expired: { expired: true },
  'for another API': { audience: 'https://other.example.com' },
  'of another type': { header: { typ: 'JWT' } },
  'of another issuer': { claims: { iss: 'https://evil.example.com' } },
  'without expiry': { claims: { exp: undefined } },
  'signed by a stranger': { signedBy: 'stranger' },
  'unsigned, alg none': { unsigned: true },
} as const

for (const [what, options] of Object.entries(badTokens)) {
  test(`issueToken: a token that is ${what} is refused by a strict verifier`, async () => {
    await using as = await startTestAuthorizationServer()
    assert.ok((await verify(as, await as.issueToken())).ok, 'a right one passes')
    assert.equal((await verify(as, await as.issueToken(options))).ok, false)
  })
}

test('issueToken: any claims, over those of the client', async () => {
  await using as = await startTestAuthorizationServer()
  const { clientId } = as.addClient({ clientId: 'billing', claims: { tenant: 'a', region: 'eu' } })
  const verified = await verify(as, await as.issueToken({ clientId, scope: 'a b', claims: { tenant: 'b' } }))
  assert.ok(verified.ok)
  const { tenant, region, scope, sub } = verified.token.claims
  assert.deepEqual({ tenant, region, scope, sub }, { tenant: 'b', region: 'eu', scope: 'a b', sub: 'billing' })
  await assert.rejects(as.issueToken({ clientId: 'nobody' }), TypeError)
})

test('rotateKeys: old tokens stay good, unless the old key is dropped', async () => {
  await using as = await startTestAuthorizationServer()
  const before = await as.issueToken()
  await as.rotateKeys()
  assert.ok((await verify(as, before)).ok)
  const after = await as.issueToken()
  await as.rotateKeys({ dropOld: true })
  assert.equal((await verify(as, after)).ok, false)
  assert.ok((await verify(as, await as.issueToken())).ok)
})

test('requests: what was asked, with what and what came of it; the oldest are dropped', async () => {
  await using as = await startTestAuthorizationServer({ maxRequests: 3 })
  await managerFor(as).getToken({ scope: 'read' })
  assert.deepEqual(
    as.requests.map(({ method, endpoint, status }) => [method, endpoint, status]),
    [
      ['GET', 'metadata', 200],
      ['POST', 'token', 200],
    ],
  )
  assert.equal(as.requests.at(-1)?.form.scope, 'read')
  assert.equal(as.requests.at(-1)?.at, as.clock.epochSeconds())
  for (let times = 0; times < 5; times++) await fetch(`${as.url}/nowhere`)
  assert.equal(as.requests.length, 3)
  assert.equal(as.requests[0]?.endpoint, undefined)
  assert.equal(as.requests[0]?.status, 404)
})

const faults = [
  [{ status: 429, retryAfter: 30 }, 'temporarily_unavailable'],
  [{ status: 500 }, 'server_error'],
  [{ status: 503 }, 'temporarily_unavailable'],
  [{ garbage: true }, 'malformed_response'],
  [{ html: true }, 'malformed_response'],
  [{ cutConnection: true }, 'network_error'],
] as const

for (const [fault, code] of faults) {
  test(`fault ${JSON.stringify(fault)}: the client sees ${code}, once, then all is well`, async () => {
    await using as = await startTestAuthorizationServer()
    const struck = as.fault(fault)
    assert.equal(struck.remaining, 1)
    assert.equal(await codeOf(managerFor(as).getToken()), code)
    assert.equal(struck.remaining, 0)
    assert.ok(await managerFor(as).getToken())
  })
}

test('fault 429: Retry-After reaches the client', async () => {
  await using as = await startTestAuthorizationServer()
  as.fault({ status: 429, retryAfter: 30 })
  const error = await managerFor(as)
    .getToken()
    .catch((thrown: unknown) => thrown)
  assert.ok(error instanceof TokenError)
  assert.equal(error.retryAfterSeconds, 30)
})

test('fault hang: no answer until the caller gives up; fault slowMs: the right answer, later', async () => {
  await using as = await startTestAuthorizationServer()
  as.fault({ hang: true })
  const given = AbortSignal.timeout(50)
  await assert.rejects(fetch(as.tokenEndpoint, { method: 'POST', signal: given }), { name: 'TimeoutError' })
  as.fault({ slowMs: 20 })
  const startedAt = performance.now()
  assert.ok(await managerFor(as).getToken())
  assert.ok(performance.now() - startedAt >= 15)
})

test('faults at metadata and keys, several times, and taken back', async () => {
  await using as = await startTestAuthorizationServer()
  const atMetadata = as.fault({ status: 500, at: 'metadata', times: 2 })
  assert.equal(await codeOf(managerFor(as).getToken()), 'server_error')
  assert.equal(atMetadata.remaining, 1)
  atMetadata.cancel()
  assert.equal(atMetadata.remaining, 0)
  const token = await managerFor(as).getToken()
  as.fault({ garbage: true, at: 'keys' })
  const unavailable = await verify(as, token.accessToken)
  assert.equal(unavailable.ok, false)
  assert.ok((await verify(as, token.accessToken)).ok)
})

test('a fault that is none, or two, or too many, is refused with what is wrong', async () => {
  await using as = await startTestAuthorizationServer()
  assert.throws(() => as.fault({}), /exactly one of status/)
  assert.throws(() => as.fault({ html: true, hang: true }), /exactly one/)
  assert.throws(() => as.fault({ html: true, retryAfter: 1 }), /retryAfter/)
  assert.throws(() => as.fault({ status: 200 }), RangeError)
  assert.throws(() => as.fault({ html: true, times: 0 }), RangeError)
  for (let times = 0; times < 100; times++) as.fault({ html: true })
  assert.throws(() => as.fault({ html: true }), /at most 100/)
})

test('RFC 7662: introspection knows its own tokens and no others', async () => {
  await using as = await startTestAuthorizationServer()
  const ask = async (token: string) => {
    const credentials = { client_id: as.clientId, client_secret: as.clientSecret }
    return post(`${as.url}/oauth/introspect`, { token, ...credentials })
  }
  const alive = await ask(await as.issueToken({ scope: 'read' }))
  assert.equal(alive.body.active, true)
  assert.equal(alive.body.scope, 'read')
  for (const options of [{ expired: true }, { signedBy: 'stranger' }, { unsigned: true }] as const) {
    assert.deepEqual((await ask(await as.issueToken(options))).body, { active: false })
  }
  assert.equal((await post(`${as.url}/oauth/introspect`, { token: 'x' })).status, 401)
})

test('RFC 7523: private_key_jwt, and an assertion that is used twice is refused', async () => {
  await using as = await startTestAuthorizationServer()
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { clientId } = as.addClient({ clientId: 'signer', publicKey })
  const auth = privateKeyJwt({ key: privateKey })
  assert.ok(await createTokenManager({ issuer: as.issuer, clientId, auth, clock: as.clock }).getToken())
  const used = as.requests.at(-1)?.form ?? {}
  const again = await post(as.tokenEndpoint, used)
  assert.deepEqual([again.status, again.body.error], [401, 'invalid_client'])
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const wrong = privateKeyJwt({ key: stranger })
  const tokens = createTokenManager({ issuer: as.issuer, clientId, auth: wrong, clock: as.clock })
  assert.equal(await codeOf(tokens.getToken()), 'invalid_client')
})

test('addClient of the same id replaces it: the old secret is wrong from then on', async () => {
  await using as = await startTestAuthorizationServer()
  const tokens = managerFor(as)
  assert.ok(await tokens.getToken())
  as.addClient({ clientId: as.clientId, clientSecret: 'new' })
  assert.equal(await codeOf(tokens.getToken({ forceRefresh: true })), 'invalid_client')
})

test('RS256 where it is asked for', async () => {
  await using as = await startTestAuthorizationServer({ algorithm: 'RS256' })
  const token = await as.issueToken()
  assert.equal(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).alg, 'RS256')
  assert.ok((await verify(as, token)).ok)
})

test('a body above 64 KiB is 413, GET at the token endpoint 405, JSON 415', async () => {
  await using as = await startTestAuthorizationServer()
  const body = 'a'.repeat(70_000)
  assert.equal((await fetch(as.tokenEndpoint, { method: 'POST', body })).status, 413)
  assert.equal((await fetch(as.tokenEndpoint)).status, 405)
  const headers = { 'content-type': 'application/json' }
  assert.equal((await fetch(as.tokenEndpoint, { method: 'POST', headers, body: '{}' })).status, 415)
})

test('options that are wrong say so', async () => {
  await assert.rejects(startTestAuthorizationServer({ skin: 'nobody' as SkinName }), /skin must be one of/)
  await assert.rejects(startTestAuthorizationServer({ maxRequests: 0 }), RangeError)
  await assert.rejects(startTestAuthorizationServer({ startsAt: Number.NaN }), RangeError)
})

test('close cuts what hangs, and may be called twice', async () => {
  const as = await startTestAuthorizationServer()
  as.fault({ hang: true })
  const hanging = fetch(as.tokenEndpoint, { method: 'POST' })
  const failed = assert.rejects(hanging)
  while (as.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await as.close()
  await as.close()
  await failed
})

for (const skin of skinNames) {
  test(`skin ${skin}: metadata name the issuer, the token endpoint and keys that are there`, async () => {
    await using as = await startTestAuthorizationServer({ skin })
    const documents = as.issuer.replace(/\/?$/, '/')
    const known = skin === 'credence' ? 'oauth-authorization-server' : 'openid-configuration'
    const metadata = (await (await fetch(`${documents}.well-known/${known}`)).json()) as Record<string, string>
    assert.equal(metadata.issuer, as.issuer)
    assert.equal(metadata.token_endpoint, as.tokenEndpoint)
    const keys = (await (await fetch(metadata.jwks_uri ?? '')).json()) as { keys: unknown[] }
    assert.equal(keys.keys.length, 1)
  })
}
