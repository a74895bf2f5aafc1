import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { assertRefused, basic, callTokenEndpoint, verifyWithJose } from '../support/token.ts'
import { askWith, audience, createKey, jwtBearer, makeAssertion, now, openRegistrar, type Parts } from './setting.ts'

const credence = await startCredence({ args: ['--failed-authentications-per-minute', '100000'] })
after(credence.dispose)
await credence.createApi({ audience, scopes: ['orders:read'] })
const registrar = await openRegistrar(credence)
after(registrar.close)
const { issuer } = credence
const tokenEndpoint = `${issuer}/oauth/token`

const key = createKey()
const job = { clientId: 'job', issuer }
await registrar.register('job', { jwks: { keys: [key.publicJwk] } })
await registrar.register('other', { jwks: { keys: [createKey().publicJwk] } })

const ask = (parts: Parts = {}) => askWith(credence, makeAssertion(key, job, parts))

test('11: an assertion gets a token, without client_id in the body and with the right one', async () => {
  const answer = await ask()
  assert.equal(answer.status, 200, answer.body)
  const { payload } = await verifyWithJose(credence, String(jsonOf(answer).access_token), { audience })
  assert.equal(payload.client_id, 'job')
  assert.equal((await askWith(credence, makeAssertion(key, job), { client_id: 'job' })).status, 200)
})

for (const alg of ['ES256', 'PS256', 'EdDSA', 'RS256'] as const) {
  test(`11: ${alg}, by a key that is registered for it`, async () => {
    const own = createKey(alg)
    await registrar.register(`with-${alg}`, { jwks: { keys: [own.publicJwk] } })
    const answer = await askWith(credence, makeAssertion(own, { clientId: `with-${alg}`, issuer }))
    assert.equal(answer.status, 200, answer.body)
  })
}

test('11: EdDSA under its newer name Ed25519', async () => {
  const own = createKey('EdDSA')
  await registrar.register('ed', { jwks: { keys: [{ ...own.publicJwk, alg: 'Ed25519' }] } })
  const answer = await askWith(credence, makeAssertion(own, { clientId: 'ed', issuer }, { header: { alg: 'Ed25519' } }))
  assert.equal(answer.status, 200, answer.body)
})

test('11: RS256 only where the client is registered for it: an RSA key that does not say so is one for PS256', async () => {
  const rsa = createKey('PS256')
  const { alg: _, ...publicJwk } = rsa.publicJwk
  await registrar.register('rsa', { jwks: { keys: [publicJwk] } })
  const client = { clientId: 'rsa', issuer }
  assert.equal((await askWith(credence, makeAssertion(rsa, client))).status, 200)
  assertRefused(await askWith(credence, makeAssertion({ ...rsa, alg: 'RS256' }, client)), 'invalid_client')
})

const refusals: Readonly<Record<string, Parts>> = {
  '11: sub of another client': { claims: { sub: 'other' } },
  '11: iss of another client': { claims: { iss: 'other' } },
  '11: iss and sub of another client, by our key': { claims: { iss: 'other', sub: 'other' } },
  '11: no iss': { claims: { iss: undefined } },
  '11: no sub': { claims: { sub: undefined } },
  '11: iss as an array': { claims: { iss: ['job'] } },
  '11: no exp': { claims: { exp: undefined } },
  '11: exp as a string': { claims: { exp: `${now() + 60}` } },
  '11: exp an hour ago': { claims: { exp: now() - 3_600, iat: now() - 3_660 } },
  '11: exp five minutes ago': { claims: { exp: now() - 300, iat: now() - 360 } },
  '12: aud as an array, with the issuer alone in it': { claims: { aud: [issuer] } },
  '12: aud as an array, with the token endpoint too': { claims: { aud: [issuer, tokenEndpoint] } },
  '12: aud is the token endpoint': { claims: { aud: tokenEndpoint } },
  '12: aud with a slash at its end': { claims: { aud: `${issuer}/` } },
  '12: aud in other letters': { claims: { aud: issuer.toUpperCase() } },
  '12: no aud': { claims: { aud: undefined } },
  '12: aud empty': { claims: { aud: '' } },
  '13: typ of an access token': { header: { typ: 'at+jwt' } },
  '13: typ of a DPoP proof': { header: { typ: 'dpop+jwt' } },
  '13: typ empty': { header: { typ: '' } },
  '14: iat 70 s ahead': { claims: { iat: now() + 70, exp: now() + 130 } },
  '14: nbf 70 s ahead': { claims: { nbf: now() + 70, exp: now() + 130 } },
  '14: nbf as a string': { claims: { nbf: '0' } },
  '14: exp seven minutes ahead': { claims: { exp: now() + 420 } },
  'A2: exp 48 h ahead': { claims: { exp: now() + 48 * 3_600 } },
  '15: no jti': { claims: { jti: undefined } },
  '15: jti empty': { claims: { jti: '' } },
  '15: jti as a number': { claims: { jti: 1 } },
  '15: jti of 257 characters': { claims: { jti: 'x'.repeat(257) } },
}

const known = '{"error":"invalid_client","error_description":"client authentication failed"}'

for (const [title, parts] of Object.entries(refusals)) {
  test(`${title} is refused, and the answer says what every refusal says`, async () => {
    const answer = await askWith(credence, makeAssertion(key, job, parts), { client_id: 'job' })
    assertRefused(answer, 'invalid_client')
    assert.equal(answer.body, known)
  })
}

const accepted: Readonly<Record<string, () => Parts>> = {
  '13: typ client-authentication+jwt with its media type written out': () => ({
    header: { typ: 'application/client-authentication+jwt' },
  }),
  '13: typ JWT': () => ({ header: { typ: 'JWT' } }),
  '13: no typ': () => ({ header: { typ: undefined } }),
  '14: iat 8 s ahead': () => ({ claims: { iat: now() + 8 } }),
  '14: nbf 8 s ahead': () => ({ claims: { nbf: now() + 8 } }),
  '14: exp 300 s ahead': () => ({ claims: { exp: now() + 300 } }),
  '14: no iat': () => ({ claims: { iat: undefined } }),
  '11: no kid': () => ({ header: { kid: undefined } }),
  '15: jti of 256 characters': () => ({ claims: { jti: randomUUID().padEnd(256, 'x') } }),
}

for (const [title, parts] of Object.entries(accepted)) {
  test(`${title} is accepted`, async () => {
    const answer = await ask(parts())
    assert.equal(answer.status, 200, answer.body)
  })
}

test('12: a client that is registered so may name the token endpoint; an array is refused all the same', async () => {
  const own = createKey()
  const client = { clientId: 'older', issuer }
  await registrar.register('older', { jwks: { keys: [own.publicJwk] } }, { tokenEndpointAudience: true })
  assert.equal((await askWith(credence, makeAssertion(own, client, { claims: { aud: tokenEndpoint } }))).status, 200)
  assert.equal((await askWith(credence, makeAssertion(own, client))).status, 200)
  assertRefused(
    await askWith(credence, makeAssertion(own, client, { claims: { aud: [tokenEndpoint] } })),
    'invalid_client',
  )
})

test('11: the key of another client, an unknown client, and a client_id that differs are refused alike', async () => {
  const stranger = createKey()
  const answers = [
    await askWith(credence, makeAssertion(stranger, job)),
    await askWith(credence, makeAssertion(key, { clientId: 'other', issuer })),
    await askWith(credence, makeAssertion(stranger, { clientId: 'nobody', issuer })),
    await askWith(credence, makeAssertion(key, job), { client_id: 'other' }),
    await askWith(credence, 'not a JWT', { client_id: 'job' }),
    await askWith(credence, 'not a JWT'),
  ]
  for (const answer of answers) {
    assertRefused(answer, 'invalid_client')
    assert.equal(answer.body, known)
  }
})

test('11: of several keys each is good, and last use is noted of the one that signed; a kid that is none of them is refused', async () => {
  const keys = [createKey(), createKey('EdDSA'), createKey('ES256')]
  const client = { clientId: 'many', issuer }
  const credentials = await registrar.register('many', { jwks: { keys: keys.map(({ publicJwk }) => publicJwk) } })
  const [, , third = assert.fail()] = keys
  assert.equal((await askWith(credence, makeAssertion(third, client, { header: { kid: undefined } }))).status, 200)
  assertRefused(await askWith(credence, makeAssertion({ ...third, kid: 'unknown' }, client)), 'invalid_client')
  const list = await credence.manage('GET', '/clients/many/credentials')
  const used = (jsonOf(list).items as { credential_id: string; last_used_at?: number }[]).filter(
    (credential) => credential.last_used_at !== undefined,
  )
  assert.deepEqual(
    used.map(({ credential_id }) => credential_id),
    [credentials[2]?.credentialId],
  )
})

test('A4: a disabled client, a revoked key and an expired one are refused', async () => {
  const own = createKey()
  const client = { clientId: 'ending', issuer }
  const [credential = assert.fail()] = await registrar.register('ending', { jwks: { keys: [own.publicJwk] } })
  assert.equal((await askWith(credence, makeAssertion(own, client))).status, 200)
  assert.equal((await credence.manage('PATCH', '/clients/ending', { disabled: true })).status, 200)
  assertRefused(await askWith(credence, makeAssertion(own, client)), 'invalid_client')
  assert.equal((await credence.manage('PATCH', '/clients/ending', { disabled: false })).status, 200)
  assert.equal((await askWith(credence, makeAssertion(own, client))).status, 200)
  const path = `/clients/ending/credentials/${credential.credentialId}`
  assert.equal((await credence.manage('DELETE', path)).status, 200)
  assertRefused(await askWith(credence, makeAssertion(own, client)), 'invalid_client')

  const old = createKey()
  await registrar.register('expired', { jwks: { keys: [createKey().publicJwk] } })
  await registrar.addKeys('expired', { jwks: { keys: [old.publicJwk] } }, -1)
  assertRefused(await askWith(credence, makeAssertion(old, { clientId: 'expired', issuer })), 'invalid_client')
})

test('2: the registered method is enforced, for keys and for secrets', async () => {
  const own = createKey()
  await registrar.register(
    'basic-only',
    { jwks: { keys: [own.publicJwk] } },
    { tokenEndpointAuthMethod: 'client_secret_basic' },
  )
  assertRefused(await askWith(credence, makeAssertion(own, { clientId: 'basic-only', issuer })), 'invalid_client')
  const grants = [{ audience, scopes: ['orders:read'] }]
  const secret = await credence.createClient({ client_id: 'key-only', grants })
  const stored = (await registrar.storage.clients.find('key-only')) ?? assert.fail()
  await registrar.storage.clients.update({ ...stored, tokenEndpointAuthMethod: 'private_key_jwt' })
  const headers = { authorization: basic('key-only', secret.client_secret) }
  assertRefused(await callTokenEndpoint(credence, { headers }), 'invalid_client')
})

test('2: an assertion and a secret in one request are two methods', async () => {
  const secret = await credence.createClient({ client_id: 'both' })
  const form = { client_assertion_type: jwtBearer, client_assertion: makeAssertion(key, job) }
  const headers = { authorization: basic('both', secret.client_secret) }
  assertRefused(await callTokenEndpoint(credence, { form, headers }), 'invalid_request')
  const posted = { ...form, client_id: 'both', client_secret: secret.client_secret }
  assertRefused(await callTokenEndpoint(credence, { form: posted }), 'invalid_request')
})

test('RFC 7521 §4.2: assertion and type belong together; another type is refused', async () => {
  const assertion = makeAssertion(key, job)
  assertRefused(await callTokenEndpoint(credence, { form: { client_assertion: assertion } }), 'invalid_request')
  assertRefused(await callTokenEndpoint(credence, { form: { client_assertion_type: jwtBearer } }), 'invalid_request')
  const saml = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer'
  assertRefused(await askWith(credence, assertion, { client_assertion_type: saml }), 'invalid_client')
  assert.equal((await askWith(credence, assertion)).status, 200, 'none of that has used it up')
})

test('15: what is refused for another reason uses no jti up; what got a token does, at every endpoint', async () => {
  const assertion = makeAssertion(key, job)
  assertRefused(await askWith(credence, assertion, { scope: 'orders:write' }), 'invalid_scope')
  assert.equal((await askWith(credence, assertion)).status, 200)
  assertRefused(await askWith(credence, assertion), 'invalid_client')
  const body = new URLSearchParams({ token: 'x', client_assertion_type: jwtBearer, client_assertion: assertion })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const path of ['/oauth/introspect', '/oauth/revoke']) {
    const call = (form: URLSearchParams) =>
      sendHttp(credence.public, { method: 'POST', path, headers, body: form.toString() })
    assertRefused(await call(body), 'invalid_client')
    const fresh = makeAssertion(key, job)
    body.set('client_assertion', fresh)
    assert.equal((await call(body)).status, 200)
    assertRefused(await call(body), 'invalid_client')
    assertRefused(await askWith(credence, fresh), 'invalid_client')
  }
})

test('RFC 8414 §2: the metadata name the method and its algorithms, for each of the endpoints; HS256 is not among them', async () => {
  const metadata = jsonOf(await sendHttp(credence.public, { path: '/.well-known/oauth-authorization-server' }))
  for (const endpoint of ['token', 'introspection', 'revocation']) {
    assert.ok((metadata[`${endpoint}_endpoint_auth_methods_supported`] as string[]).includes('private_key_jwt'))
    const algorithms = metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`]
    assert.deepEqual(algorithms, ['ES256', 'EdDSA', 'PS256', 'RS256'])
  }
})

test('a refusal’s reason is in the log for the operator', async () => {
  await ask({ claims: { aud: [issuer] } })
  assert.match(credence.output(), /aud must be a single string/)
  assert.match(credence.output(), /unknown client/)
})
