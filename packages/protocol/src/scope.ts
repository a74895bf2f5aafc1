/** The scope grammar: parsing, formatting and comparing lists of scope tokens. RFC 6749 §3.3. */
import { OAuthError } from './oauth_error.ts'

/** More scope tokens than this in one request are refused before they are looked at. */
export const maxScopeTokens = 256

// scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Whether a string is one scope-token of RFC 6749 §3.3. */
export const isScopeToken = (text: string): boolean => scopeToken.test(text)

/**
 * Parses the `scope` parameter into its tokens, in the order given and each once.
 *
 * Does not check: whether anybody is granted them.
 *
 * @throws {OAuthError} `invalid_scope` when a token has a character outside the grammar, when tokens are not separated
 *   by exactly one space, or when there are more than {@link maxScopeTokens}.
 * @see RFC 6749 §3.3
 */
export const parseScope = (text: string): readonly string[] => {
  // scope = scope-token *( SP scope-token )
  const tokens = text.split(' ', maxScopeTokens + 1)
  if (tokens.length > maxScopeTokens) throw new OAuthError('invalid_scope', `more than ${maxScopeTokens} scopes`)
  if (tokens.length === 1) {
    if (!scopeToken.test(text)) throw malformed(text)
    return tokens
  }
  for (const token of tokens) if (!scopeToken.test(token)) throw malformed(token)
  return [...new Set(tokens)]
}

const malformed = (token: string) =>
  token === ''
    ? new OAuthError('invalid_scope', 'scope must be scope tokens separated by one space each')
    : new OAuthError('invalid_scope', `not a scope token: ${token}`)

/** The `scope` parameter for a list of tokens. */
export const formatScope = (scopes: readonly string[]): string => scopes.join(' ')

/** The members of `wanted` that `held` lacks, in the order of `wanted`. Empty when all are held. */
export const missingScopes = (wanted: readonly string[], held: readonly string[]): readonly string[] =>
  wanted.filter((scope) => !held.includes(scope))
