/** What the profile demands and the suite does not check for client credentials, or checks at another endpoint. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { encode } from '../../packages/jwt/src/testing/test_issuer.ts'
import { jsonOf } from '../support/http.ts'
import { askToken, basic, callTokenEndpoint } from '../support/token.ts'
import { issued, refused } from './expectations.ts'
import type { Module } from './module.ts'
import { badResourceProofs } from './resource_proofs.ts'
import { audience, type Fapi2Setting, now } from './setting.ts'

type Run = Module<Fapi2Setting>['run']

const ask = async (setting: Fapi2Setting, assertion: string) =>
  setting.askToken({ assertion, proof: setting.prove(await setting.createProofKey()) })

const wrongAudience =
  (audienceOf: (setting: Fapi2Setting) => unknown): Run =>
  async (setting) => {
    refused(await ask(setting, await setting.assert(setting.client, { aud: audienceOf(setting) })), 'invalid_client')
  }

const ahead =
  (seconds: number, check: (answer: Awaited<ReturnType<typeof ask>>) => unknown): Run =>
  async (setting) => {
    for (const names of [['iat'], ['nbf'], ['iat', 'nbf']]) {
      const times = Object.fromEntries(names.map((name) => [name, now() + seconds]))
      check(await ask(setting, await setting.assert(setting.client, { ...times, exp: now() + seconds + 60 })))
    }
  }

const lifetime: Run = async (setting) => {
  issued(await ask(setting, await setting.assert(setting.client, { exp: now() + 300 })))
  for (const exp of [now() + 48 * 3600, Number.MAX_SAFE_INTEGER, undefined, '9999999999']) {
    refused(await ask(setting, await setting.assert(setting.client, { exp })), 'invalid_client')
  }
}

const replay: Run = async (setting) => {
  const assertion = await setting.assert(setting.client)
  issued(await ask(setting, assertion))
  refused(await ask(setting, assertion), 'invalid_client')
  refused(await ask(setting, await setting.assert(setting.client, { jti: undefined })), 'invalid_client')
}

const parallelReplay: Run = async (setting) => {
  const assertion = await setting.assert(setting.client)
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask(setting, assertion)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
}

const unsignedOrKeyedWithPublic: Run = async (setting) => {
  const { client } = setting
  const claims = () => encode(JSON.stringify(setting.assertionClaims(client.clientId)))
  for (const alg of ['none', 'None', 'nOnE']) {
    refused(await ask(setting, `${encode(JSON.stringify({ alg }))}.${claims()}.`), 'invalid_client')
  }
  const input = `${encode(JSON.stringify({ alg: 'HS256' }))}.${claims()}`
  const keys = (await setting.credence.manage('GET', `/clients/${client.clientId}/credentials`)).body
  for (const key of ['', keys, client.clientId]) {
    const mac = createHmac('sha256', key).update(input).digest('base64url')
    refused(await ask(setting, `${input}.${mac}`), 'invalid_client')
  }
}

/** What can be wrong with a proof anywhere; `ath` is for resources alone. */
const proofsAtTokenEndpoint: Run = async (setting) => {
  const key = await setting.createProofKey('PS256')
  const prove = (claims = {}, header = {}) => setting.prove(key, claims, header)
  for (const [what, make] of Object.entries(badResourceProofs)) {
    if (what.includes('ath')) continue
    const proof = make({ prove, key, url: setting.tokenEndpoint })
    const answer = await setting.askToken({ assertion: await setting.assert(setting.client), proof })
    assert.equal(answer.status, 400, what)
    refused(answer, proof === undefined ? 'invalid_request' : 'invalid_dpop_proof')
  }
  const proof = prove()
  issued(await setting.askToken({ assertion: await setting.assert(setting.client), proof }))
  const again = await setting.askToken({ assertion: await setting.assert(setting.client), proof })
  refused(again, 'invalid_dpop_proof')
}

const proofAhead: Run = async (setting) => {
  const key = await setting.createProofKey()
  const assertion = () => setting.assert(setting.client)
  issued(await setting.askToken({ assertion: await assertion(), proof: setting.prove(key, { nbf: now() + 8 }) }))
  for (const claims of [{ iat: now() + 70 }, { nbf: now() + 70 }]) {
    refused(
      await setting.askToken({ assertion: await assertion(), proof: setting.prove(key, claims) }),
      'invalid_dpop_proof',
    )
  }
}

const secrets: Run = async (setting) => {
  const { credence } = setting
  const grants = [{ audience, scopes: ['accounts:read'] }]
  const client = await credence.createClient({ client_id: 'with-a-secret', grants })
  const proof = setting.prove(await setting.createProofKey())
  const headers = { dpop: proof, authorization: basic(client.client_id, client.client_secret) }
  refused(await callTokenEndpoint(credence, { headers }), 'invalid_client')
  const form = { client_id: client.client_id, client_secret: client.client_secret }
  refused(await callTokenEndpoint(credence, { form, headers: { dpop: proof } }), 'invalid_client')
  refused(await askToken(credence, client), 'invalid_client')
}

const tokenEndpointAudienceSwitch: Run = async (setting) => {
  const client = await setting.createClient('old-audience', 'ES256')
  const changed = await setting.credence.manage('PATCH', '/clients/old-audience', { token_endpoint_audience: true })
  assert.equal(changed.status, 200, changed.body)
  refused(await ask(setting, await setting.assert(client, { aud: setting.tokenEndpoint })), 'invalid_client')
}

const otherGrants: Run = async (setting) => {
  const form = { grant_type: 'password', username: 'a', password: 'b' }
  const assertion = await setting.assert(setting.client)
  const body = new URLSearchParams({
    ...form,
    client_assertion: assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  })
  refused(await callTokenEndpoint(setting.credence, { body: body.toString() }), 'unsupported_grant_type')
}

const rs256Tokens: Run = async (setting) => {
  const rs256 = 'https://rs256.example.com'
  await setting.credence.createApi({ audience: rs256, scopes: ['x'], signing_alg: 'RS256' })
  const path = `/clients/${setting.client.clientId}/grants/${encodeURIComponent(rs256)}`
  const granted = await setting.credence.manage('PUT', path, { scopes: ['x'] })
  assert.ok(granted.status < 300, granted.body)
  const proof = setting.prove(await setting.createProofKey())
  const assertion = await setting.assert(setting.client)
  refused(await setting.askToken({ assertion, proof, form: { scope: 'x', resource: rs256 } }), 'invalid_target')
}

const boundAtIntrospection: Run = async (setting) => {
  const key = await setting.createProofKey()
  const token = await setting.getToken(setting.client, key)
  const [, payload = ''] = token.split('.')
  assert.deepEqual(JSON.parse(Buffer.from(payload, 'base64url').toString()).cnf, { jkt: key.jkt })
  const form = {
    token,
    client_assertion: await setting.assert(setting.client),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  }
  const response = await fetch(`${setting.issuer}/oauth/introspect`, {
    method: 'POST',
    body: new URLSearchParams(form),
  })
  const { active, token_type, cnf } = jsonOf({ status: response.status, headers: {}, body: await response.text() })
  assert.deepEqual({ active, token_type, cnf }, { active: true, token_type: 'DPoP', cnf: { jkt: key.jkt } })
}

const modules: Readonly<Record<string, readonly [checks: string, run: Run]>> = {
  'client-assertion-aud-array-fails': [
    'aud as an array with the issuer in it → invalid_client',
    wrongAudience(({ issuer }) => [issuer]),
  ],
  'client-assertion-aud-token-endpoint-fails': [
    'aud is the token endpoint → invalid_client',
    wrongAudience(({ tokenEndpoint }) => tokenEndpoint),
  ],
  'client-assertion-aud-switch-is-refused': [
    'a client for which the token endpoint was allowed as aud → invalid_client',
    tokenEndpointAudienceSwitch,
  ],
  'client-assertion-iat-nbf-8-seconds-ahead-succeeds': [
    'iat and nbf eight seconds ahead are accepted',
    ahead(8, issued),
  ],
  'client-assertion-iat-nbf-over-60-seconds-ahead-fails': [
    'iat or nbf more than 60 seconds ahead → invalid_client',
    ahead(70, (answer) => refused(answer, 'invalid_client')),
  ],
  'client-assertion-lifetime': [
    'exp five minutes ahead is accepted; 48 hours, none, or text → invalid_client',
    lifetime,
  ],
  'client-assertion-jti-replay-fails': ['an assertion a second time, or without jti → invalid_client', replay],
  'client-assertion-replay-in-parallel': ['the same assertion 200 times in parallel → one token', parallelReplay],
  'client-assertion-alg-none-and-HS256-fails': [
    'alg none in any case of letters, and HS256 keyed with what is public → invalid_client',
    unsignedOrKeyedWithPublic,
  ],
  'client-secret-fails': ['client_secret_basic and client_secret_post → invalid_client', secrets],
  'dpop-negative-tests-at-token-endpoint': [
    'every check of RFC 9449 §4.3 at the token endpoint, replay included, one wrong proof for each',
    proofsAtTokenEndpoint,
  ],
  'dpop-proof-iat-nbf-over-60-seconds-ahead-fails': [
    'a proof with iat or nbf more than 60 seconds ahead → invalid_dpop_proof',
    proofAhead,
  ],
  'access-token-signed-with-RS256-fails': [
    'an API whose tokens would be signed with RS256 → invalid_target',
    rs256Tokens,
  ],
  'access-token-is-bound': ['cnf.jkt in the token, and cnf and token_type DPoP at introspection', boundAtIntrospection],
  'password-grant-fails': ['the password grant → unsupported_grant_type', otherGrants],
}

export const addedModules: readonly Module<Fapi2Setting>[] = Object.entries(modules).map(([name, [checks, run]]) => ({
  name,
  checks,
  run,
}))
