/** Microsoft Entra ID, v2.0 endpoints: one scope that ends in /.default, roles instead of scopes, and AADSTS errors. */
import { createHash } from 'node:crypto'
import { Refusal } from '../refusal.ts'
import { createSeededRandomness, createUuid } from '../seeded_randomness.ts'
import { refuseAsStandard } from './credence.ts'
import {
  clientCredentials,
  grantAudience,
  openidMembers,
  type Skin,
  type SkinAnswer,
  type TokenContext,
  tokenId,
} from './skin.ts'

/** The directory that the skin stands for. */
export const entraTenant = '8c3d1f6a-52b7-4e09-9a41-6d2f0b7c9e55'
const defaultScopeSuffix = '/.default'

export const entraSkin: Skin = {
  algorithm: 'RS256',
  grantType: clientCredentials,
  locate: (origin = 'https://login.microsoftonline.com') => ({
    issuer: `${origin}/${entraTenant}/v2.0`,
    token: `${origin}/${entraTenant}/oauth2/v2.0/token`,
    keys: `${origin}/${entraTenant}/discovery/v2.0/keys`,
    metadata: [`${origin}/${entraTenant}/v2.0/.well-known/openid-configuration`],
  }),
  defaults: {
    audience: 'api://3b7e0c52-9f14-4d68-8a2b-51c7d9e0f3a6',
    scope: ['Jobs.Read.All'],
    tokenTtlSeconds: 3_599,
    createClientId: createUuid,
  },
  authorize: (asked, client, defaults) => {
    const [scope, ...others] = asked.scope ?? []
    if (scope === undefined) throw new Refusal('missing_scope', '')
    if (others.length > 0 || !scope.endsWith(defaultScopeSuffix)) throw new Refusal('malformed_scope', scope)
    const resource = scope.slice(0, -defaultScopeSuffix.length)
    return {
      audience: grantAudience({ ...asked, targets: [resource] }, client, defaults.audience),
      // what was consented to is given whole: there is nothing to choose from
      scope: client.scope ?? defaults.scope,
    }
  },
  header: (kid, alg) => ({ typ: 'JWT', alg, kid }),
  claims: ({ client, audience, scope, ttlSeconds }, { urls, iat, randomness }) => {
    const servicePrincipal = guidOf(`service principal ${client.clientId}`)
    return {
      aud: applicationIdOf(audience),
      iss: urls.issuer,
      iat,
      nbf: iat,
      exp: iat + ttlSeconds + 1,
      aio: tokenId(randomness),
      azp: client.clientId,
      azpacr: '1',
      oid: servicePrincipal,
      rh: tokenId(randomness),
      ...(scope.length > 0 && { roles: scope }),
      sub: servicePrincipal,
      tid: entraTenant,
      uti: tokenId(randomness),
      ver: '2.0',
    }
  },
  answer: async ({ ttlSeconds }, { sign }) => ({
    token_type: 'Bearer',
    expires_in: ttlSeconds,
    ext_expires_in: ttlSeconds,
    access_token: await sign(),
  }),
  refuse: (refusal, context) => refuse(refusal, context),
  metadata: (urls) => ({
    ...openidMembers(urls, 'RS256'),
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
  }),
}

/** A v2.0 token names the API by its application id, however the request named it. */
const applicationIdOf = (resource: string): string => {
  const [, guid] = /^api:\/\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(resource) ?? []
  return guid ?? (isGuid(resource) ? resource : guidOf(`application ${resource}`))
}

const isGuid = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)

/** The same for the same name, in every run. */
const guidOf = (name: string): string =>
  createUuid(createSeededRandomness(createHash('sha256').update(name).digest('hex')))

const refuse = (refusal: Refusal, context: TokenContext): SkinAnswer => {
  const { kind, about } = refusal
  const fail = (status: number, error: string, code: number, words: string) => ({
    status,
    body: entraError(error, { code, words }, context),
  })
  switch (kind) {
    case 'wrong_secret':
      return fail(401, 'invalid_client', 7000215, `the secret is not one of app '${about}'`)
    case 'expired_secret':
      return fail(401, 'invalid_client', 7000222, `the secrets of app '${about}' are expired`)
    case 'unknown_client':
      return fail(400, 'unauthorized_client', 700016, `app '${about}' is not in this directory`)
    case 'no_client_authentication':
      return fail(401, 'invalid_client', 7000218, "the body must have 'client_assertion' or 'client_secret'")
    case 'bad_assertion':
      return fail(401, 'invalid_client', 700027, 'the client assertion is not valid')
    case 'malformed_scope':
      return fail(400, 'invalid_scope', 1002012, `scope '${about}' must end in /.default with this grant`)
    case 'missing_scope':
      return fail(400, 'invalid_request', 900144, "the body must have the parameter 'scope'")
    case 'unknown_audience':
      return fail(400, 'invalid_resource', 500011, `no resource '${about}' in this directory`)
    case 'missing_grant_type':
      return fail(400, 'invalid_request', 900144, "the body must have the parameter 'grant_type'")
    case 'unsupported_grant_type':
      return fail(400, 'unsupported_grant_type', 70003, `grant type '${about}' is not supported here`)
    case 'malformed_request':
    case 'malformed_credentials':
      return fail(refusal.status ?? 400, 'invalid_request', 900023, about)
    default:
      return refuseAsStandard(refusal)
  }
}

/** The members of Entra's error document. The words after the code are not Microsoft's. */
const entraError = (
  error: string,
  { code, words }: { readonly code: number; readonly words: string },
  { iat, randomness, urls }: TokenContext,
) => {
  const timestamp = `${new Date(iat * 1000).toISOString().slice(0, 19).replace('T', ' ')}Z`
  const [traceId, correlationId] = [createUuid(randomness), createUuid(randomness)]
  return {
    error,
    error_description: `AADSTS${code}: ${words}. Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: [code],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
    error_uri: `${new URL(urls.token).origin}/error?code=${code}`,
  }
}
