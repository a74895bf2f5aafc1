/** Amazon Cognito: the issuer is the user pool, the token endpoint is on the domain, tokens have no audience, errors no words. */
import { formatScope, type Randomness, randomBase62 } from '@credence/protocol'
import type { Refusal } from '../refusal.ts'
import { createUuid } from '../seeded_randomness.ts'
import { refuseAsStandard } from './credence.ts'
import { clientCredentials, grantScope, openidMembers, type Skin, type SkinAnswer } from './skin.ts'

/** The user pool that the skin stands for. */
export const cognitoUserPool = 'eu-central-1_T3stP00l9'

export const cognitoSkin: Skin = {
  algorithm: 'RS256',
  grantType: clientCredentials,
  locate: (origin) => {
    const issuer = `${origin ?? 'https://cognito-idp.eu-central-1.amazonaws.com'}/${cognitoUserPool}`
    return {
      issuer,
      token: `${origin ?? 'https://example.auth.eu-central-1.amazoncognito.com'}/oauth2/token`,
      keys: `${issuer}/.well-known/jwks.json`,
      metadata: [`${issuer}/.well-known/openid-configuration`],
    }
  },
  defaults: {
    audience: '',
    scope: ['https://api.example.com/read'],
    tokenTtlSeconds: 3_600,
    createClientId: (randomness: Randomness) => randomBase62(26, randomness).toLowerCase(),
  },
  authorize: (asked, client, defaults) => ({
    audience: defaults.audience,
    scope: grantScope(asked, client, defaults.scope),
  }),
  header: (kid, alg) => ({ kid, alg }),
  claims: ({ client, scope, ttlSeconds }, { urls, iat, randomness }) => ({
    sub: client.clientId,
    token_use: 'access',
    scope: formatScope(scope),
    auth_time: iat,
    iss: urls.issuer,
    exp: iat + ttlSeconds,
    iat,
    version: 2,
    jti: createUuid(randomness),
    client_id: client.clientId,
  }),
  answer: async ({ ttlSeconds }, { sign }) => ({
    access_token: await sign(),
    expires_in: ttlSeconds,
    token_type: 'Bearer',
  }),
  refuse: (refusal) => refuse(refusal),
  metadata: (urls) => ({
    ...openidMembers(urls, 'RS256'),
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  }),
}

/** All of them 400, a wrong secret too, and most of them without a description. */
const refuse = (refusal: Refusal): SkinAnswer => {
  switch (refusal.kind) {
    case 'wrong_secret':
    case 'expired_secret':
      return fail('invalid_client', 'invalid_client_secret')
    case 'unknown_client':
    case 'no_client_authentication':
    case 'malformed_credentials':
    case 'bad_assertion':
      return fail('invalid_client')
    case 'unknown_scope':
    case 'missing_scope':
    case 'malformed_scope':
      return fail('invalid_scope')
    case 'unsupported_grant_type':
      return fail('unsupported_grant_type')
    case 'missing_grant_type':
      return fail('invalid_request')
    default:
      return refuseAsStandard(refusal)
  }
}

const fail = (error: string, description?: string): SkinAnswer => ({
  status: 400,
  body: { error, ...(description !== undefined && { error_description: description }) },
})
