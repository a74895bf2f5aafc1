/** Puts secrets everywhere that one can be put, rightly or wrongly, into a server, and keeps all that it answers. */
import assert from 'node:assert/strict'
import {
  askWith as askWithAssertion,
  createKey,
  makeAssertion,
  makeHmacAssertion,
  type TestKey,
} from '../assertions/setting.ts'
import { askWith as askWithProof, createDpopKey, rightClaims } from '../dpop/setting.ts'
import type { RunningCredence, TestClient } from '../support/credence.ts'
import { type HttpAnswer, jsonOf, sendHttp } from '../support/http.ts'
import { createAdminCaller, fillPath, listAdminScopes, listOperations } from '../support/management.ts'
import { askToken, basic, callTokenEndpoint, getToken } from '../support/token.ts'
import type { Canary } from './canary_search.ts'

const audience = 'https://orders.example.com'
const grants = [{ audience, scopes: ['x'] }]
const tokenAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const

export interface Exercised {
  readonly answers: readonly HttpAnswer[]
  /** With a secret that is live to the end. */
  readonly client: TestClient
  readonly canaries: readonly Canary[]
}

export const exerciseEverything = async (credence: RunningCredence): Promise<Exercised> => {
  for (const signing_alg of tokenAlgorithms) {
    const target = `${audience}/${signing_alg}`
    await credence.createApi({ audience: target, scopes: ['x'], signing_alg })
    const own = { client_id: signing_alg, grants: [{ audience: target, scopes: ['x'] }] }
    await getToken(credence, await credence.createClient(own))
  }
  await credence.createApi({ audience, scopes: ['x'] })
  const client = await credence.createClient({ client_id: 'canary', grants })
  const wrong = `${client.client_secret.slice(0, -6)}Canary`
  const admin = await createAdminCaller(credence, 'admin', await listAdminScopes(credence))
  const accessToken = await getToken(credence, client)
  const answers: HttpAnswer[] = []
  const keep = async (answer: Promise<HttpAnswer>) => {
    answers.push(await answer)
  }

  for (const secret of [client.client_secret, wrong]) {
    const proven = await misplaceSecret(credence, { client, secret, keep })
    assert.match(proven.body, /"access_token"/)
  }
  await keep(callTokenEndpoint(credence, { form: { client_id: 'canary', client_secret: wrong } }))
  const signed = await sendSigned(credence, { client, keep })
  const values = { client_id: 'canary', audience, credential_id: client.credential_id }
  for (const { method, template } of await listOperations(credence)) {
    if (method === 'GET') await keep(admin.call('GET', fillPath(template, values)))
  }
  await keep(admin.call('PATCH', '/admin/v1/clients/canary', { client_name: 'canary' }))
  await keep(admin.call('PATCH', `/admin/v1/apis/${encodeURIComponent(audience)}`, { token_ttl_seconds: 300 }))
  await keep(admin.call('GET', '/admin/v1/openapi.json'))
  await keep(admin.call('GET', '/metrics'))
  for (const path of ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server'])
    await keep(sendHttp(credence.public, { path }))
  assert.equal((await askToken(credence, client)).status, 200)

  const secrets = [client.client_secret, wrong].map((secret) => secret.slice(client.credential_id.length + 1))
  return {
    answers,
    client,
    canaries: [
      { title: 'a client secret', kind: 'secret', secrets },
      { title: 'an access token', kind: 'secret', secrets: [accessToken, admin.token].flatMap(signatureOf) },
      ...signed,
    ],
  }
}

type Keep = (answer: Promise<HttpAnswer>) => Promise<void>

interface Misplacing {
  readonly client: TestClient
  readonly secret: string
  readonly keep: Keep
}

/** Returns the answer to the one request that is right. */
const misplaceSecret = async (credence: RunningCredence, { client, secret, keep }: Misplacing): Promise<HttpAnswer> => {
  const form = { client_id: 'canary', client_secret: secret }
  const authorization = basic('canary', secret)
  await keep(callTokenEndpoint(credence, { headers: { authorization: basic(secret, secret) } }))
  await keep(callTokenEndpoint(credence, { form: { ...form, client_id: 'other' } }))
  await keep(callTokenEndpoint(credence, { headers: { authorization }, form }))
  await keep(callTokenEndpoint(credence, { headers: { authorization: `Bearer ${secret}` } }))
  await keep(callTokenEndpoint(credence, { headers: { authorization: `Basic ${secret}` } }))
  await keep(callTokenEndpoint(credence, { query: `?${new URLSearchParams(form)}` }))
  await keep(callTokenEndpoint(credence, { headers: { 'content-type': 'text/plain' }, body: JSON.stringify(form) }))
  await keep(callTokenEndpoint(credence, { body: `${new URLSearchParams(form)}&client_secret=${secret}` }))
  await keep(sendHttp(credence.public, { path: `/${secret}?client_secret=${secret}` }))
  const correlating = { 'x-request-id': secret, traceparent: secret, tracestate: secret, 'user-agent': secret }
  await keep(callTokenEndpoint(credence, { headers: correlating, form: { ...form, client_secret: 'wrong' } }))
  await keep(sendHttp(credence.socket, { path: '/admin/v1/clients/canary', headers: correlating }))
  await keep(sendHttp(credence.socket, { path: '/%', headers: correlating }))
  await keep(sendHttp(credence.management, { path: '/admin/v1/clients', headers: { authorization } }))
  await keep(sendHttp(credence.management, { path: '/metrics', headers: { authorization: `Bearer ${secret}` } }))
  const headers = { ...correlating, authorization: basic('canary', client.client_secret) }
  return callTokenEndpoint(credence, { headers })
}

/** Assertions and DPoP proofs, each accepted once and refused when it comes again; keys that are private by mistake. */
const sendSigned = async (
  credence: RunningCredence,
  { client, keep }: Pick<Misplacing, 'client' | 'keep'>,
): Promise<readonly Canary[]> => {
  const { issuer } = credence
  const key = createKey()
  const create = async (body: { readonly client_id: string; readonly [member: string]: unknown }) => {
    const answer = await credence.manage('POST', '/clients', { grants, ...body })
    assert.equal(answer.status, 201, answer.body)
    return jsonOf(answer)
  }
  await create({ client_id: 'keyed', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } })
  const hmac = await create({ client_id: 'hmac', token_endpoint_auth_method: 'client_secret_jwt' })
  const secret = String(hmac.client_secret)
  const assertions = [
    makeAssertion(key, { clientId: 'keyed', issuer }),
    makeHmacAssertion(secret, { clientId: 'hmac', issuer }),
  ]
  for (const assertion of assertions) {
    assert.equal((await askWithAssertion(credence, assertion)).status, 200)
    await keep(askWithAssertion(credence, assertion))
    await keep(sendHttp(credence.public, { path: '/oauth/token', headers: { 'x-request-id': assertion } }))
  }
  const dpop = await createDpopKey()
  const proof = dpop.prove(rightClaims(credence))
  assert.equal((await askWithProof(credence, client, proof)).status, 200)
  await keep(askWithProof(credence, client, proof))
  await keep(askWithProof(credence, client, `${proof}x`))
  const mistake = { ...key.publicJwk, ...privateJwkOf(key), kid: 'private by mistake' }
  await keep(credence.manage('POST', '/clients', { client_id: 'mistaken', grants, jwks: { keys: [mistake] } }))
  await keep(credence.manage('POST', '/clients/keyed/credentials', { jwks: { keys: [mistake] } }))
  assert.equal((await credence.manage('GET', '/clients/mistaken')).status, 404)
  return [
    { title: 'a secret kept for client_secret_jwt', kind: 'secret', secrets: [secret.split('_').at(-1) ?? ''] },
    { title: 'an assertion', kind: 'secret', secrets: assertions.flatMap(signatureOf) },
    { title: 'a DPoP proof', kind: 'secret', secrets: signatureOf(proof) },
    { title: 'a client’s private key', kind: 'secret', secrets: [Buffer.from(String(mistake.d), 'base64url')] },
  ]
}

const privateJwkOf = ({ privateKey }: TestKey) => privateKey.export({ format: 'jwk' })

/** What no one else could have made of a token, as text and as bytes. */
const signatureOf = (token: string): readonly (string | Buffer)[] => {
  const signature = token.split('.')[2] ?? ''
  return [signature, Buffer.from(signature, 'base64url')]
}
