import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuthorizationServerMetadata, OAuthError } from '@credence/protocol'
import type { AuthenticatedClient, PresentedCredentials } from '../client_auth/client_auth_method.ts'
import type { TokenRequest } from '../endpoints/token_request.ts'
import type { Authorization } from '../grants/authorization.ts'
import { unbound } from '../policy/sender_binding.ts'
import { fapi2 } from './fapi2.ts'
import { createProfileRules } from './profile_rules.ts'

const rules = createProfileRules(fapi2)
const presented = {} as unknown as PresentedCredentials
const asked = {} as unknown as TokenRequest
const client = (method: string, tokenEndpointAudience = false) =>
  ({ method, record: { client: { clientId: 'job', tokenEndpointAudience } } }) as unknown as AuthenticatedClient

const refusalOf = async (work: () => unknown): Promise<string | undefined> => {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof OAuthError) return error.code
    throw error
  }
}

test('FAPI 2.0 §5.3.2.1: private_key_jwt or mutual TLS, and whoever proves itself otherwise → invalid_client', async () => {
  const authenticate = (method: string, isAsync = false) =>
    refusalOf(() =>
      rules.checkCredentials(() => (isAsync ? Promise.resolve(client(method)) : client(method)))(presented),
    )
  for (const isAsync of [false, true]) {
    for (const method of ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth']) {
      assert.equal(await authenticate(method, isAsync), undefined, method)
    }
    for (const method of ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'federated']) {
      assert.equal(await authenticate(method, isAsync), 'invalid_client', method)
    }
  }
})

test('FAPI 2.0 §5.3.2.1: a client whose assertions may name the token endpoint → invalid_client', async () => {
  const check = rules.checkCredentials(() => client('private_key_jwt', true))
  assert.equal(await refusalOf(() => check(presented)), 'invalid_client')
})

test('FAPI 2.0 §5.3.2.1: no token that is not bound', async () => {
  const bound = { confirmation: { jkt: 'k' }, replayClaims: [] }
  assert.equal(rules.readBinding(() => bound)(asked, client('private_key_jwt')), bound)
  const read = rules.readBinding(() => unbound)
  assert.equal(await refusalOf(() => read(asked, client('private_key_jwt'))), 'invalid_request')
})

test('FAPI 2.0 §5.4: no token that is signed with RS256; an opaque one is not signed at all', async () => {
  const authorize = (api: object) =>
    refusalOf(() => {
      const grant = { name: 'client_credentials', authorize: () => ({ api }) as unknown as Authorization }
      return rules.grant(grant).authorize(asked, client('private_key_jwt'))
    })
  assert.equal(await authorize({ tokenFormat: 'jwt', signingAlgorithm: 'RS256' }), 'invalid_target')
  for (const signingAlgorithm of ['ES256', 'PS256', 'EdDSA']) {
    assert.equal(await authorize({ tokenFormat: 'jwt', signingAlgorithm }), undefined)
  }
  assert.equal(await authorize({ tokenFormat: 'opaque', signingAlgorithm: 'RS256' }), undefined)
})

test('RFC 8414 §2: the metadata has what the profile leaves, and nothing else is touched', () => {
  const document = {
    issuer: 'https://auth.example.com',
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt', 'tls_client_auth'],
    token_endpoint_auth_signing_alg_values_supported: ['RS256', 'ES256'],
    dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'PS256', 'RS256'],
  } as unknown as AuthorizationServerMetadata
  assert.deepEqual(rules.metadata(document), {
    ...document,
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth'],
    token_endpoint_auth_signing_alg_values_supported: ['ES256'],
    dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'PS256'],
  })
  assert.equal(createProfileRules(undefined).metadata(document), document)
})
