/** What scopes a request needs, and whether a token has them. RFC 6750 §3.1. */
import { formatScope, isScopeToken, missingScopes } from '@credence/protocol'
import { RequestRefused } from './refusal.ts'

/** Both may be given; both must then hold. Neither: any valid token for the resource will do. */
export interface ScopeRequirement {
  /** Each of these. */
  readonly all?: readonly string[]
  /** At least one of these; an empty list is never met. */
  readonly any?: readonly string[]
}

/**
 * Checks that a requirement is one, so that a misspelt member does not leave a route open.
 *
 * @throws {TypeError}
 */
export const checkRequirement = (requirement: ScopeRequirement): void => {
  if (checked.has(requirement)) return
  for (const [name, scopes] of Object.entries(requirement)) {
    if (name !== 'all' && name !== 'any') throw new TypeError(`a scope requirement has all and any, not ${name}`)
    if (scopes !== undefined && !(Array.isArray(scopes) && scopes.every(isScopeToken))) {
      throw new TypeError(`${name} must be an array of scope tokens`)
    }
  }
  checked.add(requirement)
}

/** Requirements that passed: a route has one object and checks it with every request. */
const checked = new WeakSet<ScopeRequirement>()

/**
 * Checks that the scopes a token has are enough.
 *
 * @throws {RequestRefused} `insufficient_scope`, with the scopes that would be.
 */
export const checkScopes = (held: readonly string[], { all = [], any }: ScopeRequirement): void => {
  const missing = missingScopes(all, held)
  const hasAny = any === undefined || any.some((scope) => held.includes(scope))
  if (missing.length === 0 && hasAny) return
  const needed = formatScope([...new Set([...all, ...(hasAny ? [] : any)])])
  const description = hasAny ? `the token lacks ${formatScope(missing)}` : 'the token has none of the scopes needed'
  throw new RequestRefused('insufficient_scope', description, {
    status: 403,
    error: 'insufficient_scope',
    // "the "scope" attribute with the scope necessary to access the protected resource"
    ...(needed === '' ? {} : { scope: needed }),
  })
}
