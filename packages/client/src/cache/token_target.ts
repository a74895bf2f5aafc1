/** What a token is asked for: scope, audience, resource, and whatever else a server wants. RFC 6749 §3.3, RFC 8707 §2. */
import { isResourceIndicator, maxAudienceLength, OAuthError, parseScope } from '@credence/protocol'
import { TokenError } from '../token_error.ts'

export interface TokenParameters {
  /** Scope tokens, or one string of them with a space between. */
  readonly scope?: string | readonly string[] | undefined
  /** The API the token is for, as many servers name it. */
  readonly audience?: string | undefined
  /** The API the token is for, as RFC 8707 names it: an absolute URI without fragment. */
  readonly resource?: string | readonly string[] | undefined
  /**
   * Further parameters of the token request, by their wire names. Each value is part of what tells one token from another.
   * A call's are added to the manager's, and replace those of the same name.
   */
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

export interface TokenTarget {
  /** The same for every way of writing the same target. Holds no credential of the client; see {@link createCacheKey}. */
  readonly key: string
  readonly scope: string | undefined
  /** The parameters of the token request. Wire names. */
  readonly form: readonly (readonly [name: string, value: string])[]
}

/**
 * Checks what is asked for and brings it into one form.
 *
 * The key needs no issuer and no client: it is used within one token manager, which has one of each.
 *
 * @throws {TokenError} `invalid_scope`, `invalid_target` or `invalid_configuration` (`parameters`) when it is malformed.
 */
export const createTarget = (parameters: TokenParameters): TokenTarget => {
  const scopes = readScopes(parameters.scope)
  const resources = [...new Set([parameters.resource ?? []].flat())].sort()
  const { audience } = parameters
  if (!resources.every(isResourceIndicator)) {
    throw new TokenError('invalid_target', 'resource must be an absolute URI without fragment (RFC 8707 §2)')
  }
  if (audience !== undefined && (audience === '' || audience.length > maxAudienceLength || audience.includes('\n'))) {
    throw new TokenError('invalid_target', `audience must be one line of at most ${maxAudienceLength} characters`)
  }
  const scope = scopes.length === 0 ? undefined : scopes.join(' ')
  const further = readFurther(parameters.parameters ?? {})
  return {
    // no part can hold a line feed, so that no two targets write the same key
    key: [scopes.toSorted().join(' '), audience ?? '', JSON.stringify(further), ...resources].join('\n'),
    scope,
    form: [
      ...(scope === undefined ? [] : [['scope', scope] as const]),
      ...(audience === undefined ? [] : [['audience', audience] as const]),
      ...resources.map((resource) => ['resource', resource] as const),
      ...further,
    ],
  }
}

/** A call's parameters in place of the defaults. Audience and resource name one thing: giving either replaces both. */
export const overrideParameters = (defaults: TokenParameters, given: TokenParameters): TokenParameters => {
  const { audience, resource } = given.audience === undefined && given.resource === undefined ? defaults : given
  const parameters = { ...defaults.parameters, ...given.parameters }
  return { scope: given.scope ?? defaults.scope, audience, resource, parameters }
}

/** Parameters that have their own option, or are the client authentication's. */
const reserved: ReadonlySet<string> = new Set([
  'grant_type',
  'scope',
  'audience',
  'resource',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
])

const readFurther = (parameters: Readonly<Record<string, string>>): readonly (readonly [string, string])[] => {
  const entries = Object.entries(parameters).sort(([one], [other]) => (one < other ? -1 : 1))
  for (const [name, value] of entries) {
    // the names alone: a value may be a secret
    if (name === '' || reserved.has(name) || typeof value !== 'string') {
      throw new TokenError(
        'invalid_configuration',
        `parameters cannot have ${JSON.stringify(name)}: every value is a string, and scope, audience, resource, grant and credential have their own options`,
      )
    }
  }
  return entries
}

const readScopes = (scope: string | readonly string[] | undefined): readonly string[] => {
  const text = typeof scope === 'string' ? scope : (scope ?? []).join(' ')
  try {
    return text === '' ? [] : parseScope(text)
  } catch (error) {
    throw new TokenError('invalid_scope', error instanceof OAuthError ? error.message : 'malformed scope')
  }
}
