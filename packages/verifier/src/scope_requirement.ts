/** What a request needs of a token: scopes, or what the API itself decides. RFC 6750 §3.1. */
import type { VerifiedClaims } from '@credence/jwt'
import { formatScope, isScopeToken, missingScopes } from '@credence/protocol'
import type { AccessToken } from './access_token.ts'
import { RequestRefused } from './refusal.ts'

/** Each that is given must hold. None: any valid token for the resource will do. */
export interface ScopeRequirement<Claims extends VerifiedClaims = VerifiedClaims> {
  /** Each of these. */
  readonly all?: readonly string[]
  /** At least one of these; an empty list is never met. */
  readonly any?: readonly string[]
  /** Anything else, asked once the scopes are enough. False is 403; what it throws is thrown on by `verify`. */
  custom?(token: AccessToken<Claims>): boolean | Promise<boolean>
}

/**
 * Checks that a requirement is one, so that a misspelt member does not leave a route open.
 *
 * @throws {TypeError}
 */
export const checkRequirement = (requirement: ScopeRequirement): void => {
  if (checked.has(requirement)) return
  for (const [name, scopes] of Object.entries(requirement)) {
    if (name === 'custom') {
      if (scopes !== undefined && typeof scopes !== 'function') throw new TypeError('custom must be a function')
      continue
    }
    if (name !== 'all' && name !== 'any') throw new TypeError(`a requirement has all, any and custom, not ${name}`)
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

/** What a custom requirement threw: a defect of the API, whatever its class, and never the fault of the request. */
export class CustomRequirementFailed extends Error {
  override readonly name = 'CustomRequirementFailed'
}

/**
 * Asks a custom requirement.
 *
 * Does not check: how long it takes.
 *
 * @throws {RequestRefused} `requirement_not_met`, without a scope, since none would help.
 * @throws {CustomRequirementFailed} whose cause is what the requirement threw.
 */
export const checkCustom = async (
  token: AccessToken,
  custom: NonNullable<ScopeRequirement['custom']>,
): Promise<void> => {
  let isMet: unknown
  try {
    isMet = await custom(token)
  } catch (cause) {
    throw new CustomRequirementFailed('the custom requirement threw', { cause })
  }
  // a forgotten return is not a yes
  if (isMet === true) return
  throw new RequestRefused('requirement_not_met', 'the token is not enough for this request', {
    status: 403,
    error: 'insufficient_scope',
  })
}
