/** Preset for Google: a service account's key file and the jwt-bearer grant. RFC 7523 §2.1. */
import { isLoopbackHost } from '@credence/protocol'
import { noClientAuth } from '../client_auth/client_auth.ts'
import type { TokenManagerOptions } from '../configuration.ts'
import { jwtBearerGrant } from '../grants/jwt_bearer.ts'
import type { TranslateAnswer } from '../requests/provider_answer.ts'
import { parseJsonObject } from '../requests/server_answer.ts'
import { type ManagerOptions, refuseOptions, requireText, scopesOf, wrong } from './client_options.ts'
import { explainRefusals, type Meaning, type ProviderRefusal } from './explain_refusals.ts'

export interface GoogleOptions extends ManagerOptions {
  /** The key file of the service account: its JSON, as text or parsed. */
  readonly key: string | object
  /** For Google's APIs: `https://www.googleapis.com/auth/…`. Give this or `targetAudience`. */
  readonly scope?: string | readonly string[] | undefined
  /** For Cloud Run, IAP and services of your own: an ID token for this audience. */
  readonly targetAudience?: string | undefined
  /** A user of the domain on whose behalf, where the service account has domain-wide delegation. */
  readonly subject?: string | undefined
}

/** The longest that Google accepts is an hour; what the answer lives does not depend on it. */
const assertionSeconds = 600

/**
 * Options for a service account.
 *
 * @throws {TokenError} `invalid_configuration`
 */
export const google = ({ key, targetAudience, subject, ...options }: GoogleOptions): TokenManagerOptions => {
  const { clientEmail, privateKey, privateKeyId, tokenUri } = parseKeyFile(key)
  checkTarget(scopesOf(options.scope), targetAudience)
  refuseOptions(options, {
    audience: 'Google names the audience of an ID token by targetAudience, and needs none for its own APIs',
    resource: 'Google has no use for resource: give scope or targetAudience',
    clientSecret: 'a service account has no secret: give key',
  })
  const translateRefusal = explainRefusals('Google', explain)
  return {
    ...options,
    issuer: 'https://accounts.google.com',
    clientId: clientEmail,
    tokenEndpoint: tokenUri,
    auth: noClientAuth,
    grant: jwtBearerGrant({
      key: privateKey,
      alg: 'RS256',
      kid: privateKeyId,
      issuer: clientEmail,
      subject,
      audience: tokenUri,
      scopeInAssertion: true,
      lifetimeSeconds: assertionSeconds,
      ...(targetAudience !== undefined && { claims: { target_audience: targetAudience } }),
    }),
    translateAnswer: (answer) => readIdToken(answer) ?? translateRefusal(answer),
  }
}

const checkTarget = (scopes: readonly string[], targetAudience: string | undefined): void => {
  if ((scopes.length === 0) === (targetAudience === undefined)) {
    throw wrong('Google wants scope (for its APIs) or targetAudience (for an ID token), and not both')
  }
  if (targetAudience !== undefined) requireText(targetAudience, 'targetAudience must not be empty')
  const unknown = scopes.filter(
    (scope) => !scope.startsWith('https://') && !['openid', 'email', 'profile'].includes(scope),
  )
  if (unknown.length > 0) {
    throw wrong(
      `a scope of Google is a URL, such as https://www.googleapis.com/auth/cloud-platform, unlike ${unknown.join(' ')}`,
    )
  }
}

/** What the member `type` of a file that is no service account's key says it is. */
const otherFiles: Readonly<Record<string, string>> = {
  authorized_user: "a user's credentials, from gcloud auth application-default login",
  external_account: 'a configuration for workload identity federation, which needs no key',
  impersonated_service_account: 'a configuration for impersonation',
}

const parseKeyFile = (key: string | object) => {
  const file: Readonly<Record<string, unknown>> | undefined =
    typeof key === 'string' ? parseJsonObject(key) : typeof key === 'object' && key !== null ? { ...key } : undefined
  if (file === undefined) throw wrong('key must be the JSON of the key file, not its path: read the file first')
  if ('installed' in file || 'web' in file)
    throw wrong('key is that of an OAuth client: make one under IAM > Service Accounts > Keys')
  const { type, client_email, private_key, private_key_id, token_uri } = file
  if (type !== 'service_account') {
    const known = typeof type === 'string' && Object.hasOwn(otherFiles, type) ? otherFiles[type] : undefined
    throw wrong(
      `key must be that of a service account (type service_account)${known === undefined ? '' : `; this is ${known}`}`,
    )
  }
  const privateKey = requireMember(private_key, 'private_key').trim()
  if (privateKey.includes('\\n')) {
    throw wrong(
      'private_key has backslash and n where line breaks belong: the file was escaped twice on its way into a variable',
    )
  }
  return {
    clientEmail: requireMember(client_email, 'client_email'),
    privateKey,
    privateKeyId: requireMember(private_key_id, 'private_key_id'),
    tokenUri: checkTokenUri(requireMember(token_uri, 'token_uri')),
  }
}

const requireMember = (value: unknown, name: string): string => {
  if (typeof value !== 'string' || value === '')
    throw wrong(`the key file has no ${name}: download it anew, or give it whole`)
  return value
}

/** The assertion goes there, so it must not be whatever a file says. */
const checkTokenUri = (text: string): string => {
  const url = URL.parse(text)
  const isGoogles = url !== null && url.protocol === 'https:' && /(^|\.)(googleapis|google)\.com$/.test(url.hostname)
  if (!isGoogles && !(url !== null && isLoopbackHost(url.hostname)))
    throw wrong('token_uri of the key file is not of Google')
  return text
}

/** An ID token comes alone, without type and lifetime: the type is Bearer, and the lifetime is in it. */
const readIdToken: (answer: Parameters<TranslateAnswer>[0]) => ReturnType<TranslateAnswer> | undefined = ({
  status,
  body,
}) => {
  if (status !== 200 || typeof body.id_token !== 'string' || body.access_token !== undefined) return undefined
  const { exp, iat } = claimsOf(body.id_token)
  // exp and iat are of one clock; which of it is ours does not matter
  const lifetime = typeof exp === 'number' && typeof iat === 'number' ? { expires_in: exp - iat } : {}
  return { access_token: body.id_token, token_type: 'Bearer', ...lifetime }
}

const claimsOf = (jwt: string): Readonly<Record<string, unknown>> => {
  try {
    return parseJsonObject(atob((jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) ?? {}
  } catch {
    return {}
  }
}

const explain = ({ error, description }: ProviderRefusal): Meaning | undefined => {
  switch (error) {
    case 'invalid_grant':
      return explainGrant(description)
    case 'invalid_scope':
      return { advice: 'a scope or the target audience is empty or unknown to Google' }
    case 'unauthorized_client':
      return { advice: 'the service account may not act for subject with these scopes: see domain-wide delegation' }
    default:
      return undefined
  }
}

const explainGrant = (description: string): Meaning => {
  if (/signature/i.test(description)) {
    return {
      code: 'invalid_client',
      advice: 'the key was deleted or is of another service account: IAM > Service Accounts > Keys',
    }
  }
  if (/account not found/i.test(description)) {
    return { code: 'invalid_client', advice: 'the service account was deleted, or client_email was changed' }
  }
  if (/reasonable timeframe|short-lived|iat|exp/i.test(description)) {
    return { code: 'invalid_request', advice: 'the clock of this machine is wrong by minutes' }
  }
  return { code: 'invalid_client', advice: 'the assertion is refused' }
}
