/** Keeps the steps of a token request to a profile: each step is wrapped, and without a profile each is as it was. */
import type { SignatureAlgorithm } from '@credence/jwt'
import { type AuthorizationServerMetadata, OAuthError } from '@credence/protocol'
import type { CheckCredentials } from '../client_auth/check_credentials.ts'
import type { AuthenticatedClient } from '../client_auth/client_auth_method.ts'
import type { Authorization } from '../grants/authorization.ts'
import type { GrantType } from '../grants/grant_type.ts'
import { mustBeBound, type ReadBinding } from '../policy/sender_binding.ts'
import type { Profile } from './profile.ts'

export interface ProfileRules {
  /** Refuses a client that has authenticated in a way that the profile does not know. */
  readonly checkCredentials: (check: CheckCredentials) => CheckCredentials
  /** Refuses tokens that would be signed otherwise than the profile says. */
  readonly grant: (grant: GrantType) => GrantType
  /** Refuses bearer tokens, where the profile does. */
  readonly readBinding: (read: ReadBinding) => ReadBinding
  readonly algorithms: (names: readonly SignatureAlgorithm[]) => readonly SignatureAlgorithm[]
  /** Takes out what the profile does without. */
  readonly metadata: (document: AuthorizationServerMetadata) => AuthorizationServerMetadata
}

const asItIs = <T>(value: T): T => value

const noRules: ProfileRules = {
  checkCredentials: asItIs,
  grant: asItIs,
  readBinding: asItIs,
  algorithms: asItIs,
  metadata: asItIs,
}

export const createProfileRules = (profile: Profile | undefined): ProfileRules =>
  profile === undefined
    ? noRules
    : {
        checkCredentials: (check) => (presented) => {
          const keep = (client: AuthenticatedClient) => {
            checkAuthentication(client, profile)
            return client
          }
          const checked = check(presented)
          return checked instanceof Promise ? checked.then(keep) : keep(checked)
        },
        grant: (grant) => ({
          ...grant,
          authorize(asked, client) {
            const keep = (authorization: Authorization) => {
              checkAlgorithm(authorization, profile)
              return authorization
            }
            const authorized = grant.authorize(asked, client)
            return authorized instanceof Promise ? authorized.then(keep) : keep(authorized)
          },
        }),
        readBinding: (read) => (asked, client) => {
          const binding = read(asked, client)
          if (profile.boundTokensOnly && binding.confirmation === undefined) throw mustBeBound('tokens')
          return binding
        },
        algorithms: (names) => names.filter((name) => profile.algorithms.includes(name)),
        metadata: (document) => filterMetadata(document, profile),
      }

/** The client has proven who it is, and may know why that was not enough. */
const checkAuthentication = (
  { method, record: { client } }: AuthenticatedClient,
  { title, clientAuthMethods, issuerAudienceOnly }: Profile,
): void => {
  if (!clientAuthMethods.includes(method)) {
    throw new OAuthError(
      'invalid_client',
      `the ${title} does not know ${method}: use ${clientAuthMethods.join(', ')}`,
      {
        detail: `${method} under the ${title}`,
      },
    )
  }
  if (issuerAudienceOnly && client.tokenEndpointAudience) {
    throw new OAuthError('invalid_client', `the ${title} takes the issuer alone as audience of an assertion`, {
      detail: `${client.clientId} has token_endpoint_audience under the ${title}`,
    })
  }
}

const checkAlgorithm = ({ api }: Authorization, { title, algorithms }: Profile): void => {
  if (api.tokenFormat === 'opaque' || algorithms.includes(api.signingAlgorithm)) return
  throw new OAuthError('invalid_target', `tokens for ${api.audience} would be signed with ${api.signingAlgorithm}`, {
    detail: `${api.audience} has ${api.signingAlgorithm} under the ${title}; it must be ${algorithms.join(', ')}`,
  })
}

/** By the names that RFC 8414 §2 and those after it give to lists of methods and of algorithms. */
const filterMetadata = (
  document: AuthorizationServerMetadata,
  { clientAuthMethods, algorithms }: Profile,
): AuthorizationServerMetadata => {
  const kept = (name: string, values: readonly string[]): readonly string[] => {
    if (name.endsWith('_auth_methods_supported')) return values.filter((value) => isOneOf(clientAuthMethods, value))
    if (name.endsWith('_alg_values_supported')) return values.filter((value) => isOneOf(algorithms, value))
    return values
  }
  const members = Object.entries(document).map(([name, value]) => [
    name,
    Array.isArray(value) ? kept(name, value) : value,
  ])
  return Object.fromEntries(members)
}

const isOneOf = (allowed: readonly string[], value: string): boolean => allowed.includes(value)
