/** Okta, the custom authorization server `default`: scopes in `scp`, the client in `cid`, and two kinds of error document. */
import { formatScope, type Randomness, randomBase62 } from '@credence/protocol'
import { Refusal } from '../refusal.ts'
import { refuseAsStandard } from './credence.ts'
import {
  clientCredentials,
  errorBody,
  grantScope,
  openidMembers,
  type Skin,
  type SkinAnswer,
  type TokenContext,
  tokenId,
} from './skin.ts'

export const oktaSkin: Skin = {
  algorithm: 'RS256',
  grantType: clientCredentials,
  locate: (origin = 'https://example.okta.com') => {
    const issuer = `${origin}/oauth2/default`
    return {
      issuer,
      token: `${issuer}/v1/token`,
      keys: `${issuer}/v1/keys`,
      // below the issuer's path: RFC 8414 would put it before
      metadata: [`${issuer}/.well-known/oauth-authorization-server`, `${issuer}/.well-known/openid-configuration`],
      introspection: `${issuer}/v1/introspect`,
    }
  },
  defaults: {
    audience: 'api://default',
    scope: ['jobs.read'],
    tokenTtlSeconds: 3_600,
    createClientId: (randomness) => `0oa${randomBase62(17, randomness)}`,
  },
  authorize: (asked, client, defaults) => {
    if (asked.scope === undefined) throw new Refusal('missing_scope', '')
    // what the authorization server is for is set there, and nothing in the request changes it
    return {
      audience: client.audiences?.[0] ?? defaults.audience,
      scope: grantScope(asked, client, defaults.scope),
    }
  },
  header: (kid, alg) => ({ kid, alg }),
  claims: ({ client, audience, scope, ttlSeconds }, { urls, iat, randomness }) => ({
    ver: 1,
    jti: `AT.${tokenId(randomness)}`,
    iss: urls.issuer,
    aud: audience,
    iat,
    exp: iat + ttlSeconds,
    cid: client.clientId,
    scp: scope,
    sub: client.clientId,
  }),
  answer: async ({ scope, ttlSeconds }, { sign }) => ({
    token_type: 'Bearer',
    expires_in: ttlSeconds,
    access_token: await sign(),
    scope: formatScope(scope),
  }),
  refuse: (refusal, context) => refuse(refusal, context),
  // no Retry-After: when to come back is in a header of Okta's own, in epoch seconds
  tooMany: ({ iat, randomness }) => ({
    headers: { 'x-rate-limit-limit': '300', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': `${iat + 60}` },
    body: managementError('E0000047', 'API call exceeded rate limit due to too many requests.', randomness),
  }),
  metadata: (urls) => ({
    ...openidMembers(urls, 'RS256'),
    introspection_endpoint: urls.introspection,
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'private_key_jwt',
      'none',
    ],
  }),
}

const refuse = (refusal: Refusal, { randomness }: TokenContext): SkinAnswer => {
  switch (refusal.kind) {
    case 'unknown_client':
      return {
        status: 401,
        body: managementError('invalid_client', "Invalid value for 'client_id' parameter.", randomness),
      }
    case 'wrong_secret':
    case 'expired_secret':
      return invalidClient('The client secret supplied for a confidential client is invalid.')
    case 'bad_assertion':
      return invalidClient('the client_assertion is not valid')
    case 'no_client_authentication':
      return invalidClient('client authentication is missing')
    case 'missing_scope':
      return {
        status: 400,
        body: errorBody('invalid_scope', "no default scopes are configured: 'scope' must be provided"),
      }
    case 'unknown_scope':
      return {
        status: 400,
        body: errorBody(
          'invalid_scope',
          'One or more scopes are not configured for the authorization server resource.',
        ),
      }
    default:
      return refuseAsStandard(refusal)
  }
}

const invalidClient = (description: string): SkinAnswer => ({
  status: 401,
  body: errorBody('invalid_client', description),
})

/** Okta's own error document, which some refusals of the token endpoint have too. */
const managementError = (errorCode: string, errorSummary: string, randomness: Randomness) => ({
  errorCode,
  errorSummary,
  errorLink: errorCode,
  errorId: `oae${randomBase62(22, randomness)}`,
  errorCauses: [],
})
