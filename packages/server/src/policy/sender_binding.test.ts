import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@credence/protocol'
import type { AuthenticatedClient } from '../client_auth/client_auth_method.ts'
import type { TokenRequest } from '../endpoints/token_request.ts'
import type { Authorization } from '../grants/authorization.ts'
import { type Confirmation, checkBinding, joinBindings, type SenderBinding, unbound } from './sender_binding.ts'

const asked = {} as unknown as TokenRequest
const anybody = {} as unknown as AuthenticatedClient
const byKey: SenderBinding = {
  confirmation: { jkt: 'k' },
  replayClaims: [{ entry: 'k', expiresAt: 1 }],
  dpopNonce: 'n',
}
const byCertificate: SenderBinding = { confirmation: { 'x5t#S256': 'c' }, replayClaims: [] }

const join = (one: SenderBinding, other: SenderBinding): SenderBinding =>
  joinBindings(
    () => one,
    () => other,
  )(asked, anybody)

test('RFC 9449 §5, RFC 8705 §3: what a request proves twice binds twice, and nothing that it proves is lost', () => {
  assert.equal(join(unbound, unbound), unbound)
  assert.equal(join(byKey, unbound), byKey)
  assert.equal(join(unbound, byCertificate), byCertificate)
  for (const joined of [join(byKey, byCertificate), join(byCertificate, byKey)]) {
    assert.deepEqual(joined, { ...byKey, confirmation: { jkt: 'k', 'x5t#S256': 'c' } })
  }
})

const check = (
  confirmation: Confirmation | undefined,
  { api = {}, client = {} }: { readonly api?: object; readonly client?: object },
): string => {
  const authorization = { api: { audience: 'urn:a', ...api } } as unknown as Authorization
  const record = { client: { clientId: 'job', ...client } }
  try {
    checkBinding(authorization, { record } as unknown as AuthenticatedClient, { confirmation, replayClaims: [] })
    return 'issued'
  } catch (error) {
    if (error instanceof OAuthError) return error.code
    throw error
  }
}

test('RFC 9449 §5.2, RFC 8705 §3.4: who must be bound, and in which way', () => {
  const [key, certificate] = [{ jkt: 'k' }, { 'x5t#S256': 'c' }]
  const dpop = { client: { dpopBoundAccessTokens: true } }
  const mtls = { client: { certificateBoundAccessTokens: true } }
  const either = { api: { senderConstraint: 'required' } }
  const table: readonly [rule: object, none: string, key: string, certificate: string, both: string][] = [
    [{}, 'issued', 'issued', 'issued', 'issued'],
    [dpop, 'invalid_dpop_proof', 'issued', 'invalid_dpop_proof', 'issued'],
    [mtls, 'invalid_request', 'invalid_request', 'issued', 'issued'],
    [either, 'invalid_request', 'issued', 'issued', 'issued'],
  ]
  for (const [rule, ...expected] of table) {
    const found = [undefined, key, certificate, { ...key, ...certificate }].map((cnf) => check(cnf, rule))
    assert.deepEqual(found, expected, JSON.stringify(rule))
  }
})
