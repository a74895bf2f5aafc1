/** Asking for tokens, and looking at them with a library that is not ours. RFC 6749 §4.4.2, RFC 9068. */
import assert from 'node:assert/strict'
import { createLocalJWKSet, type JWTVerifyResult, jwtVerify } from 'jose'
import type { RunningCredence, TestClient } from './credence.ts'
import { type HttpAnswer, jsonOf, sendHttp } from './http.ts'

type Pairs = readonly (readonly [name: string, value: string])[] | Readonly<Record<string, string>>

/** The Authorization header of RFC 6749 §2.3.1, id and secret form-encoded. */
export const basic = (clientId: string, clientSecret: string): string =>
  `Basic ${Buffer.from(`${encodeForm(clientId)}:${encodeForm(clientSecret)}`).toString('base64')}`

const encodeForm = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+')

export interface TokenCall {
  /** Form parameters beside grant_type=client_credentials. */
  readonly form?: Pairs
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** Sent as it is in place of a form. */
  readonly body?: string | Uint8Array
  readonly method?: string
  /** What follows the path. */
  readonly query?: string
}

/** Sends a token request with nothing but what is given. */
export const callTokenEndpoint = (
  { public: listener }: Pick<RunningCredence, 'public'>,
  { form = {}, headers = {}, body, method = 'POST', query = '' }: TokenCall,
): Promise<HttpAnswer> => {
  const pairs = Array.isArray(form) ? form : Object.entries(form)
  return sendHttp(listener, {
    method,
    path: `/oauth/token${query}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: body ?? new URLSearchParams([['grant_type', 'client_credentials'], ...pairs]).toString(),
  })
}

/** Sends a token request of a client, with Basic. */
export const askToken = (
  credence: Pick<RunningCredence, 'public'>,
  client: TestClient,
  form: Pairs = {},
): Promise<HttpAnswer> =>
  callTokenEndpoint(credence, { form, headers: { authorization: basic(client.client_id, client.client_secret) } })

/** Asks for a token and returns it. @throws when it is refused. */
export const getToken = async (credence: RunningCredence, client: TestClient, form: Pairs = {}): Promise<string> => {
  const answer = await askToken(credence, client, form)
  assert.equal(answer.status, 200, answer.body)
  return String(jsonOf(answer).access_token)
}

/** Verifies an access token with jose against the published key set. @throws when it does not hold. */
export const verifyWithJose = async (
  credence: RunningCredence,
  token: string,
  expected: { readonly audience: string | string[]; readonly algorithms?: string[] },
): Promise<JWTVerifyResult> => {
  const published = await sendHttp(credence.public, { path: '/.well-known/jwks.json' })
  return jwtVerify(token, createLocalJWKSet(JSON.parse(published.body)), {
    issuer: credence.issuer,
    typ: 'at+jwt',
    requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
    ...expected,
  })
}

/** Asserts that the token endpoint refused, and as RFC 6749 §5.2 says. Returns the description. */
export const assertRefused = (
  answer: HttpAnswer,
  error: string,
  status = error === 'invalid_client' ? 401 : 400,
): string => {
  assert.equal(answer.status, status, answer.body)
  assert.match(answer.headers['content-type'] ?? '', /^application\/json\b/)
  const body = jsonOf(answer)
  assert.equal(body.error, error, answer.body)
  assert.deepEqual(Object.keys(body).sort(), ['error', 'error_description'])
  return String(body.error_description)
}
