/** The checks of the OpenID Foundation's conformance suite for the FAPI 2.0 Security Profile (Final), client credentials with private_key_jwt and DPoP, by the names of its modules. */
import assert from 'node:assert/strict'
import { jsonOf, sendHttp } from '../support/http.ts'
import { issued, refused, served, turnedAway } from './expectations.ts'
import type { Module } from './module.ts'
import { badResourceProofs, goodResourceProofs } from './resource_proofs.ts'
import { type Fapi2Setting, now } from './setting.ts'

type Run = Module<Fapi2Setting>['run']

const permitted = ['ES256', 'EdDSA', 'Ed25519', 'PS256']

const discovery: Run = async ({ credence, issuer, tokenEndpoint }) => {
  const answer = await sendHttp(credence.public, { path: '/.well-known/oauth-authorization-server' })
  assert.equal(answer.status, 200)
  assert.match(answer.headers['content-type'] ?? '', /^application\/json\b/)
  const metadata = jsonOf(answer)
  assert.equal(metadata.issuer, issuer)
  assert.equal(metadata.token_endpoint, tokenEndpoint)
  const listOf = (name: string): readonly string[] => {
    const list = metadata[name]
    assert.ok(Array.isArray(list) && list.length > 0, name)
    return list
  }
  const methods = listOf('token_endpoint_auth_methods_supported')
  assert.ok(methods.includes('private_key_jwt'))
  for (const method of methods) assert.match(method, /^(?:private_key_jwt|(?:self_signed_)?tls_client_auth)$/)
  for (const name of ['dpop_signing_alg_values_supported', 'token_endpoint_auth_signing_alg_values_supported']) {
    for (const alg of listOf(name)) assert.ok(permitted.includes(alg), `${name}: ${alg}`)
  }
}

const happyFlow: Run = async (setting) => {
  for (const client of [setting.client, setting.client2]) {
    const key = await setting.createProofKey()
    const token = issued(await setting.askToken({ assertion: await setting.assert(client), proof: setting.prove(key) }))
    const answer = await setting.callResource({ token, proof: setting.proveAtResource(key, token) })
    served(answer)
    assert.equal(answer.body, client.clientId)
  }
}

const caseOfType: Run = async (setting) => {
  const key = await setting.createProofKey()
  const token = await setting.getToken(setting.client, key)
  for (const scheme of ['dPOp', 'dpop', 'DPOP']) {
    served(await setting.callResource({ token, proof: setting.proveAtResource(key, token), scheme }))
  }
}

/** The same claims in the proof at the token endpoint and in the one at the resource. */
const withProofClaims =
  (claims: () => object): Run =>
  async (setting) => {
    const key = await setting.createProofKey()
    const assertion = await setting.assert(setting.client)
    const token = issued(await setting.askToken({ assertion, proof: setting.prove(key, claims()) }))
    served(await setting.callResource({ token, proof: setting.proveAtResource(key, token, claims()) }))
  }

/** An assertion that is wrong in one way. */
const withAssertion =
  (make: (setting: Fapi2Setting) => Promise<string>, ...errors: readonly string[]): Run =>
  async (setting) => {
    const proof = setting.prove(await setting.createProofKey())
    refused(await setting.askToken({ assertion: await make(setting), proof }), ...errors)
  }

const clientIdOfAnother: Run = async (setting) => {
  const { client, client2 } = setting
  const proof = () => setting.createProofKey().then((key) => setting.prove(key))
  const bySomebodyElse = await setting.assert(client2, {}, { signer: client })
  refused(await setting.askToken({ assertion: bySomebodyElse, proof: await proof() }), 'invalid_client')
  const form = { client_id: client2.clientId }
  refused(
    await setting.askToken({ assertion: await setting.assert(client), proof: await proof(), form }),
    'invalid_client',
  )
}

const noHolderOfKey: Run = async (setting) => {
  const answer = await setting.askToken({ assertion: await setting.assert(setting.client) })
  refused(answer, 'invalid_request', 'invalid_dpop_proof')
}

const noAssertion: Run = async (setting) => {
  const proof = setting.prove(await setting.createProofKey())
  const answer = await setting.askToken({ proof, form: { client_id: setting.client.clientId } })
  refused(answer, 'invalid_client', 'invalid_request')
}

const signedWithRs256: Run = async (setting) => {
  const { privateKey } = await setting.createClient('rs256-with-ps256-key', 'RS256', { alg: 'PS256' })
  const registered = await setting.createClient('rs256-registered', 'RS256', { alg: 'RS256' })
  const unnamed = await setting.createClient('rs256-unnamed', 'RS256', {})
  const clients = [{ clientId: 'rs256-with-ps256-key', alg: 'PS256', privateKey } as const, registered, unnamed]
  for (const client of clients) {
    const assertion = await setting.assert(client, {}, { header: { alg: 'RS256' } })
    const proof = setting.prove(await setting.createProofKey())
    refused(await setting.askToken({ assertion, proof }), 'invalid_client')
  }
}

const dpopNegativeTests: Run = async (setting) => {
  const key = await setting.createProofKey('PS256')
  const token = await setting.getToken(setting.client, key)
  const prove = (claims = {}, header = {}) => setting.proveAtResource(key, token, claims, header)
  served(await setting.callResource({ token, proof: prove() }))
  served(await setting.callResource({ token, proof: prove(), headerName: 'DPOP' }))
  for (const [what, make] of Object.entries(goodResourceProofs)) {
    const answer = await setting.callResource({ token, proof: make({ prove, url: setting.resourceUrl }) })
    assert.equal(answer.status, 200, what)
  }
  for (const [what, make] of Object.entries(badResourceProofs)) {
    const proof = make({ prove, key, url: setting.resourceUrl })
    turnedAway(await setting.callResource({ token, proof }), what)
  }
  const once = prove()
  served(await setting.callResource({ token, proof: once }))
  turnedAway(await setting.callResource({ token, proof: once }), 'the same jti again')
  const other = setting.proveAtResource(await setting.createProofKey(), token)
  turnedAway(await setting.callResource({ token, proof: other }), 'a proof by another key')
  turnedAway(await setting.callResource({ token, proof: prove(), scheme: 'Bearer' }), 'a bound token as Bearer')
  turnedAway(await setting.callResource({ token, proof: undefined, scheme: 'Bearer' }), 'as Bearer without a proof')
}

const minutes = 60

const modules: Readonly<Record<string, readonly [checks: string, run: Run]>> = {
  'discovery-end-point-verification': [
    'metadata: issuer, token endpoint, private_key_jwt or mutual TLS, and no algorithm but PS256, ES256, EdDSA',
    discovery,
  ],
  'happy-flow': [
    'two clients, with ES256 and with PS256, get a token bound by DPoP and use it at the resource',
    happyFlow,
  ],
  'access-token-type-header-case-sensitivity': [
    'the scheme of the Authorization header in any case of letters',
    caseOfType,
  ],
  'check-dpop-proof-nbf-exp': [
    'a proof with nbf now and exp in five minutes is accepted',
    withProofClaims(() => ({ nbf: now(), exp: now() + 5 * minutes })),
  ],
  'ensure-dpopproof-with-iat-10seconds-before-succeeds': [
    'a proof with iat ten seconds ago is accepted',
    withProofClaims(() => ({ iat: now() - 10 })),
  ],
  'ensure-dpopproof-with-iat-10seconds-after-succeeds': [
    'a proof with iat eight seconds ahead is accepted',
    withProofClaims(() => ({ iat: now() + 8 })),
  ],
  'ensure-client-id-in-token-endpoint': ['client 2 named, signed by client 1 → invalid_client', clientIdOfAnother],
  'ensure-holder-of-key-required': ['no DPoP proof and no certificate → no token', noHolderOfKey],
  'ensure-signed-client-assertion-with-RS256-fails': [
    'an assertion signed with RS256 → invalid_client',
    signedWithRs256,
  ],
  'ensure-client-assertion-in-token-endpoint': ['a client_id and no assertion → refused', noAssertion],
  'ensure-client-assertion-with-exp-is-5-minutes-in-past-fails': [
    'an assertion that expired five minutes ago → invalid_client',
    withAssertion(
      ({ assert, client }) => assert(client, { iat: now() - 6 * minutes, exp: now() - 5 * minutes }),
      'invalid_client',
    ),
  ],
  'ensure-client-assertion-with-wrong-aud-fails': [
    'an assertion for another server → invalid_client',
    withAssertion(({ assert, client }) => assert(client, { aud: 'https://other.example.com' }), 'invalid_client'),
  ],
  'ensure-client-assertion-with-no-sub-fails': [
    'an assertion without sub → invalid_client',
    withAssertion(({ assert, client }) => assert(client, { sub: undefined }), 'invalid_client'),
  ],
  'dpop-negative-tests': ['every check of RFC 9449 §4.3 at the resource, one wrong proof for each', dpopNegativeTests],
}

export const suiteModules: readonly Module<Fapi2Setting>[] = Object.entries(modules).map(([name, [checks, run]]) => ({
  name: `fapi2-security-profile-final-${name}`,
  checks,
  run,
}))
