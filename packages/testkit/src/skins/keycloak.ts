/** Keycloak: a realm in the path, the audience set by mappers and by nothing in the request, the client in `azp`. */
import { formatScope, missingScopes } from '@credence/protocol'
import { clientAuthMethods } from '../client_auth.ts'
import { Refusal } from '../refusal.ts'
import { createSeededRandomness, createUuid } from '../seeded_randomness.ts'
import { refuseAsStandard } from './credence.ts'
import { clientCredentials, errorBody, openidMembers, type Skin, type SkinAnswer } from './skin.ts'

/** The realm that the skin stands for. */
export const keycloakRealm = 'example'
/** What every client has without being granted it. */
const defaultScopes = ['email', 'profile']

export const keycloakSkin: Skin = {
  algorithm: 'RS256',
  grantType: clientCredentials,
  locate: (origin = 'https://sso.example.com') => {
    const issuer = `${origin}/realms/${keycloakRealm}`
    return {
      issuer,
      token: `${issuer}/protocol/openid-connect/token`,
      keys: `${issuer}/protocol/openid-connect/certs`,
      metadata: [`${issuer}/.well-known/openid-configuration`],
      introspection: `${issuer}/protocol/openid-connect/token/introspect`,
    }
  },
  defaults: {
    audience: 'account',
    scope: defaultScopes,
    tokenTtlSeconds: 300,
    createClientId: () => 'test-client',
  },
  authorize: (asked, client, defaults) => {
    const missing =
      client.scope === undefined ? [] : missingScopes(asked.scope ?? [], [...defaultScopes, ...client.scope])
    if (missing.length > 0) throw new Refusal('unknown_scope', formatScope(asked.scope ?? []))
    return {
      audience: client.audiences?.[0] ?? defaults.audience,
      // the default scopes are there whatever is asked for
      scope: [...new Set([...defaultScopes, ...(asked.scope ?? [])])],
    }
  },
  header: (kid, alg) => ({ alg, typ: 'JWT', kid }),
  claims: ({ client, audience, scope, ttlSeconds }, { urls, iat, randomness }) => ({
    exp: iat + ttlSeconds,
    iat,
    jti: `trrtcc:${createUuid(randomness)}`,
    iss: urls.issuer,
    aud: audience,
    sub: createUuid(createSeededRandomness(`service account of ${client.clientId}`)),
    typ: 'Bearer',
    azp: client.clientId,
    acr: '1',
    realm_access: { roles: ['offline_access', 'uma_authorization'] },
    resource_access: {},
    scope: formatScope(scope),
    clientHost: '127.0.0.1',
    email_verified: false,
    preferred_username: `service-account-${client.clientId}`,
    clientAddress: '127.0.0.1',
    client_id: client.clientId,
  }),
  answer: async ({ scope, ttlSeconds }, { sign }) => ({
    access_token: await sign(),
    expires_in: ttlSeconds,
    refresh_expires_in: 0,
    token_type: 'Bearer',
    'not-before-policy': 0,
    scope: formatScope(scope),
  }),
  refuse: (refusal) => refuse(refusal),
  metadata: (urls) => ({
    ...openidMembers(urls, 'RS256'),
    introspection_endpoint: urls.introspection,
    token_endpoint_auth_methods_supported: [...clientAuthMethods, 'tls_client_auth', 'client_secret_jwt'],
  }),
}

const refuse = (refusal: Refusal): SkinAnswer => {
  switch (refusal.kind) {
    case 'wrong_secret':
    case 'expired_secret':
    case 'no_client_authentication':
      return { status: 401, body: errorBody('unauthorized_client', 'Invalid client or Invalid client credentials') }
    case 'unknown_client':
    case 'bad_assertion':
      return { status: 401, body: errorBody('invalid_client', 'Invalid client or Invalid client credentials') }
    case 'unknown_scope':
      return { status: 400, body: errorBody('invalid_scope', `Invalid scopes: ${refusal.about}`) }
    case 'unsupported_grant_type':
      return { status: 400, body: errorBody('unsupported_grant_type', `not supported: ${refusal.about}`) }
    default:
      return refuseAsStandard(refusal)
  }
}
