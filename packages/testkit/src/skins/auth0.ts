/** Auth0: the API is named by `audience`, the issuer ends in a slash, and a wrong secret is access_denied. */
import { formatScope, randomBase62 } from '@credence/protocol'
import { Refusal } from '../refusal.ts'
import { refuseAsStandard } from './credence.ts'
import {
  clientCredentials,
  errorBody,
  grantAudience,
  grantScope,
  openidMembers,
  type Skin,
  type SkinAnswer,
} from './skin.ts'

export const auth0Skin: Skin = {
  algorithm: 'RS256',
  grantType: clientCredentials,
  locate: (origin = 'https://example.eu.auth0.com') => ({
    issuer: `${origin}/`,
    token: `${origin}/oauth/token`,
    keys: `${origin}/.well-known/jwks.json`,
    metadata: [`${origin}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server`],
  }),
  defaults: {
    audience: 'https://api.example.com',
    scope: ['read:jobs'],
    tokenTtlSeconds: 86_400,
    createClientId: (randomness) => randomBase62(32, randomness),
  },
  authorize: (asked, client, defaults) => {
    // Auth0 has no RFC 8707 here: a resource parameter is as good as absent
    const audience = asked.form.get('audience')
    if (audience === undefined) throw new Refusal('missing_audience', '')
    return {
      audience: grantAudience({ ...asked, targets: [audience] }, client, defaults.audience),
      scope: grantScope(asked, client, defaults.scope),
    }
  },
  header: (kid, alg) => ({ alg, typ: 'JWT', kid }),
  claims: ({ client, audience, scope, ttlSeconds }, { urls, iat }) => ({
    iss: urls.issuer,
    sub: `${client.clientId}@clients`,
    aud: audience,
    iat,
    exp: iat + ttlSeconds,
    ...(scope.length > 0 && { scope: formatScope(scope) }),
    gty: 'client-credentials',
    azp: client.clientId,
  }),
  answer: async ({ scope, ttlSeconds }, { sign }) => ({
    access_token: await sign(),
    ...(scope.length > 0 && { scope: formatScope(scope) }),
    expires_in: ttlSeconds,
    token_type: 'Bearer',
  }),
  refuse: (refusal) => refuse(refusal),
  tooMany: ({ iat }) => ({
    headers: { 'x-ratelimit-limit': '30', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${iat + 60}` },
    body: errorBody('too_many_requests', 'the rate limit of the tenant is used up'),
  }),
  metadata: (urls) => ({
    ...openidMembers(urls, 'RS256'),
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  }),
}

const denied = (status: number, description: string): SkinAnswer => ({
  status,
  body: errorBody('access_denied', description),
})

const refuse = (refusal: Refusal): SkinAnswer => {
  const { kind, about } = refusal
  switch (kind) {
    case 'unknown_client':
    case 'wrong_secret':
    case 'expired_secret':
    case 'no_client_authentication':
      return denied(401, 'Unauthorized')
    case 'bad_assertion':
      return { status: 401, body: errorBody('invalid_client', 'the client assertion is not valid') }
    case 'missing_audience':
      return denied(403, 'no audience parameter, and the tenant has no default audience')
    case 'unknown_audience':
      return denied(403, `Client is not authorized to access "${about}": it needs a client grant for this API`)
    case 'unknown_scope':
      return denied(403, `Client has not been granted scopes: ${about}`)
    case 'unsupported_grant_type':
      return {
        status: 403,
        body: errorBody('unauthorized_client', `Grant type '${about}' not allowed for the client.`),
      }
    default:
      return refuseAsStandard(refusal)
  }
}
