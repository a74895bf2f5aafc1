/** Which scopes a token gets: all that is asked for, or a refusal that says what is not granted. RFC 6749 §3.3. */
import { formatScope, missingScopes, OAuthError } from '@credence/protocol'

export interface ScopeRules {
  /** What the client is granted on the API. */
  readonly granted: readonly string[]
  /** What the API knows today; a scope that it no longer has is no longer given. */
  readonly known: readonly string[]
  /** What the client gets when it does not say. Undefined: all that is granted. */
  readonly defaults: readonly string[] | undefined
}

/**
 * Resolves to the scopes of the token. Nothing is silently dropped from what was asked for.
 *
 * @throws {OAuthError} `invalid_scope`, naming what is not granted.
 * @see RFC 6749 §3.3
 */
export const resolveScope = (asked: readonly string[] | undefined, rules: ScopeRules): readonly string[] => {
  if (asked !== undefined) {
    const missing = missingScopes(asked, rules.granted).concat(missingScopes(asked, rules.known))
    if (missing.length > 0)
      throw new OAuthError('invalid_scope', `not granted to this client: ${formatScope([...new Set(missing)])}`)
    return asked
  }
  const allowed = rules.granted.filter((scope) => rules.known.includes(scope))
  const given = rules.defaults === undefined ? allowed : allowed.filter((scope) => rules.defaults?.includes(scope))
  // "If the client omits the scope parameter [...], the authorization server MUST either process the request using a
  // pre-defined default value or fail the request indicating an invalid scope."
  if (given.length === 0) throw new OAuthError('invalid_scope', 'nothing is granted by default: ask for a scope')
  return given
}
