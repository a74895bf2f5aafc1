/** What a token is asked for: scope, audience, resource. RFC 6749 §3.3, RFC 8707 §2. */
import { isResourceIndicator, maxAudienceLength, OAuthError, parseScope } from '@credence/protocol'
import { TokenError } from './token_error.ts'

export interface TokenParameters {
  /** Scope tokens, or one string of them with a space between. */
  readonly scope?: string | readonly string[] | undefined
  /** The API the token is for, as many servers name it. */
  readonly audience?: string | undefined
  /** The API the token is for, as RFC 8707 names it: an absolute URI without fragment. */
  readonly resource?: string | readonly string[] | undefined
}

export interface TokenTarget {
  /** The same for every way of writing the same target. Holds no secret. */
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
 * @throws {TokenError} `invalid_scope` or `invalid_target` when it is malformed.
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
  return {
    // no part can hold a line feed, so that no two targets write the same key
    key: [scopes.toSorted().join(' '), audience ?? '', ...resources].join('\n'),
    scope,
    form: [
      ...(scope === undefined ? [] : [['scope', scope] as const]),
      ...(audience === undefined ? [] : [['audience', audience] as const]),
      ...resources.map((resource) => ['resource', resource] as const),
    ],
  }
}

/** A call's parameters in place of the defaults. Audience and resource name one thing: giving either replaces both. */
export const overrideParameters = (defaults: TokenParameters, given: TokenParameters): TokenParameters => {
  const { audience, resource } = given.audience === undefined && given.resource === undefined ? defaults : given
  return { scope: given.scope ?? defaults.scope, audience, resource }
}

const readScopes = (scope: string | readonly string[] | undefined): readonly string[] => {
  const text = typeof scope === 'string' ? scope : (scope ?? []).join(' ')
  try {
    return text === '' ? [] : parseScope(text)
  } catch (error) {
    throw new TokenError('invalid_scope', error instanceof OAuthError ? error.message : 'malformed scope')
  }
}
