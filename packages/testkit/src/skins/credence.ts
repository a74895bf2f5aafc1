/** Credence itself: RFC 9068 tokens, RFC 8414 metadata. A test holds this to the real server. */
import { accessTokenType } from '@credence/jwt'
import { formatScope } from '@credence/protocol'
import { clientAuthMethods } from '../client_auth.ts'
import type { Refusal } from '../refusal.ts'
import {
  clientCredentials,
  errorBody,
  grantAudience,
  grantScope,
  type Skin,
  type SkinAnswer,
  type SkinUrls,
  tokenId,
} from './skin.ts'

const locate = (origin = 'https://auth.example.com'): SkinUrls => ({
  issuer: origin,
  token: `${origin}/oauth/token`,
  keys: `${origin}/.well-known/jwks.json`,
  metadata: [`${origin}/.well-known/oauth-authorization-server`],
  introspection: `${origin}/oauth/introspect`,
})

export const credenceSkin: Skin = {
  algorithm: 'ES256',
  grantType: clientCredentials,
  locate,
  defaults: {
    audience: 'https://api.example.com',
    scope: ['read'],
    tokenTtlSeconds: 600,
    createClientId: () => 'test-client',
  },
  authorize: (asked, client, defaults) => ({
    audience: grantAudience(asked, client, defaults.audience),
    scope: grantScope(asked, client, defaults.scope),
  }),
  header: (kid, alg) => ({ alg, typ: accessTokenType, kid }),
  claims: ({ client, audience, scope, ttlSeconds }, { urls, iat, randomness }) => ({
    iss: urls.issuer,
    sub: client.clientId,
    client_id: client.clientId,
    aud: audience,
    scope: formatScope(scope),
    iat,
    exp: iat + ttlSeconds,
    jti: tokenId(randomness),
    credential_id: client.credentialId,
  }),
  answer: async ({ scope, ttlSeconds }, { sign }) => ({
    access_token: await sign(),
    token_type: 'Bearer',
    expires_in: ttlSeconds,
    scope: formatScope(scope),
  }),
  refuse: (refusal) => refuseAsStandard(refusal),
  metadata: ({ issuer, token, keys, introspection }) => ({
    issuer,
    token_endpoint: token,
    jwks_uri: keys,
    grant_types_supported: [clientCredentials],
    token_endpoint_auth_methods_supported: clientAuthMethods,
    introspection_endpoint: introspection,
    introspection_endpoint_auth_methods_supported: clientAuthMethods,
  }),
}

/** RFC 6749 §5.2 to the letter. */
export const refuseAsStandard = ({ kind, about, status }: Refusal): SkinAnswer => {
  switch (kind) {
    case 'malformed_request':
      return { status: status ?? 400, body: errorBody('invalid_request', about) }
    case 'missing_grant_type':
      return { status: 400, body: errorBody('invalid_request', 'grant_type is missing') }
    case 'unsupported_grant_type':
      return { status: 400, body: errorBody('unsupported_grant_type', `supported: ${clientCredentials}`) }
    case 'malformed_credentials':
      return unauthenticated(about)
    case 'no_client_authentication':
      return unauthenticated('no client authentication')
    case 'unknown_client':
    case 'wrong_secret':
    case 'expired_secret':
    case 'bad_assertion':
      return unauthenticated('client authentication failed')
    case 'malformed_scope':
      return { status: 400, body: errorBody('invalid_scope', about) }
    case 'missing_scope':
      return { status: 400, body: errorBody('invalid_scope', 'nothing is granted by default: ask for a scope') }
    case 'unknown_scope':
      return { status: 400, body: errorBody('invalid_scope', `not granted to this client: ${about}`) }
    case 'missing_audience':
    case 'ambiguous_audience':
      return { status: 400, body: errorBody('invalid_target', about) }
    case 'unknown_audience':
      return { status: 400, body: errorBody('invalid_target', `not granted to this client: ${about}`) }
  }
}

const unauthenticated = (description: string): SkinAnswer => ({
  status: 401,
  headers: { 'www-authenticate': 'Basic realm="credence"' },
  body: errorBody('invalid_client', description),
})
