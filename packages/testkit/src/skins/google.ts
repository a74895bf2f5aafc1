/** Google: a service account signs an assertion (RFC 7523 §2.1); the answer is an opaque access token, or an ID token. */
import { randomBase62 } from '@credence/protocol'
import { Refusal } from '../refusal.ts'
import { refuseAsStandard } from './credence.ts'
import { errorBody, openidMembers, type Skin, type SkinAnswer, tokenId } from './skin.ts'

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

export const googleSkin: Skin = {
  algorithm: 'RS256',
  grantType: jwtBearer,
  locate: (origin) => ({
    issuer: origin ?? 'https://accounts.google.com',
    token: `${origin ?? 'https://oauth2.googleapis.com'}/token`,
    keys: `${origin ?? 'https://www.googleapis.com'}/oauth2/v3/certs`,
    metadata: [`${origin ?? 'https://accounts.google.com'}/.well-known/openid-configuration`],
  }),
  defaults: {
    audience: 'https://api.example.com',
    scope: ['https://www.googleapis.com/auth/cloud-platform'],
    tokenTtlSeconds: 3_599,
    createClientId: () => 'test-client@example-project.iam.gserviceaccount.com',
  },
  authorize: ({ assertion }, client) => {
    const target = assertion?.target_audience
    if (typeof target === 'string' && target !== '') return { audience: target, scope: [] }
    const scope = typeof assertion?.scope === 'string' ? assertion.scope.split(' ').filter((token) => token !== '') : []
    if (scope.length === 0) throw new Refusal('missing_scope', '')
    const unknown = scope.filter((token) => !/^https:\/\/|^(openid|email|profile)$/.test(token))
    const missing = client.scope === undefined ? [] : scope.filter((token) => !client.scope?.includes(token))
    if (unknown.length + missing.length > 0) throw new Refusal('unknown_scope', [...unknown, ...missing].join(' '))
    return { audience: '', scope }
  },
  header: (kid, alg) => ({ alg, kid, typ: 'JWT' }),
  /** Those of an ID token: Google's access tokens say nothing to those who carry them. */
  claims: ({ client, audience, ttlSeconds }, { urls, iat }) => ({
    aud: audience,
    azp: client.clientId,
    email: client.clientId,
    email_verified: true,
    exp: iat + ttlSeconds + 1,
    iat,
    iss: urls.issuer,
    sub: accountNumberOf(client.clientId),
  }),
  answer: async ({ audience, ttlSeconds }, { sign, randomness }) =>
    audience === ''
      ? {
          access_token: `ya29.c.${tokenId(randomness)}${randomBase62(120, randomness)}`,
          expires_in: ttlSeconds,
          token_type: 'Bearer',
        }
      : { id_token: await sign() },
  refuse: (refusal) => refuse(refusal),
  metadata: (urls) => ({
    ...openidMembers(urls, 'RS256'),
    grant_types_supported: [jwtBearer],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
  }),
}

/** Twenty-one digits, the same for the same account. */
const accountNumberOf = (email: string): string => {
  let number = 7n
  for (const byte of Buffer.from(email)) number = (number * 131n + BigInt(byte)) % 10n ** 20n
  return `1${number.toString().padStart(20, '0')}`
}

const refuse = (refusal: Refusal): SkinAnswer => {
  switch (refusal.kind) {
    case 'unknown_client':
      return { status: 400, body: errorBody('invalid_grant', 'Invalid grant: account not found') }
    case 'bad_assertion':
      return { status: 400, body: errorBody('invalid_grant', describeAssertion(refusal.about)) }
    case 'missing_scope':
    case 'unknown_scope':
    case 'malformed_scope':
      return { status: 400, body: errorBody('invalid_scope', 'Invalid OAuth scope or ID token audience provided.') }
    case 'unsupported_grant_type':
      return { status: 400, body: errorBody('unsupported_grant_type', `Invalid grant_type: ${refusal.about}`) }
    default:
      return refuseAsStandard(refusal)
  }
}

const describeAssertion = (about: string): string => {
  if (about.includes('signature')) return 'Invalid JWT Signature.'
  if (about.includes('aud')) return 'Invalid JWT: Failed audience check.'
  if (about.includes('expired') || about.includes('time'))
    return 'Invalid JWT: Token must be a short-lived token (60 minutes)'
  return `Invalid JWT: ${about}`
}
