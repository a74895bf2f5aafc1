/** Conditions as operators write them: values, each as it is, or with an asterisk at its end for how a value begins. */
import type { ClaimCondition } from '@credence/storage'

/** More conditions, more values of one, or longer ones are refused. */
export const maxConditions = 20
const maxValues = 20
const maxValueLength = 1024
const maxPathLength = 256
const maxPathDots = 8

/** Claims that are checked in a way of their own. */
const checkedAnyway = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'cnf']

const unfit = /[\p{Cc}\p{Zl}\p{Zp}]|\p{Surrogate}/u

/** One value, or several of which any will do. */
export type ConditionText = string | readonly string[]

/**
 * Reads a condition.
 *
 * A prefix must end where a part of the value does, so that `repo:acme/app*` cannot be met by `repo:acme/app-of-others`.
 *
 * @param prefixEnds what a prefix may end with; empty where the platform has no use for prefixes
 * @throws {Error} whose message says what is wrong and what to do, to be read after the name of the claim
 */
export const parseCondition = (claim: string, text: ConditionText, prefixEnds: readonly string[]): ClaimCondition => {
  const written = typeof text === 'string' ? [text] : text
  if (written.length === 0 || written.length > maxValues) throw new Error(`must have 1 to ${maxValues} values`)
  for (const value of written) checkValue(value)
  const prefixes = written.filter((value) => value.endsWith('*'))
  if (prefixes.length === 0) return { claim, match: 'exact', values: written }
  if (prefixes.length < written.length) {
    throw new Error('must end all of its values with * or none: put the others into a credential of their own')
  }
  const values = prefixes.map((value) => value.slice(0, -1))
  for (const value of values) checkPrefix(value, prefixEnds)
  return { claim, match: 'prefix', values }
}

const checkValue = (value: string): void => {
  if (value === '' || value === '*') throw new Error('must say what the value is')
  if (value.length > maxValueLength) throw new Error(`must have at most ${maxValueLength} characters`)
  if (unfit.test(value)) throw new Error('must not have control characters')
  if (value.slice(0, -1).includes('*')) throw new Error('may have an asterisk at its end only')
}

const checkPrefix = (prefix: string, prefixEnds: readonly string[]): void => {
  if (prefixEnds.length === 0) throw new Error('must be exact for this kind: leave the asterisk out')
  if (prefixEnds.some((end) => prefix.endsWith(end))) return
  const ends = prefixEnds.map((end) => `"${end}"`).join(' or ')
  throw new Error(
    `must have ${ends} before the asterisk: otherwise it would also fit what somebody else may be called, such as ${prefix.slice(-40)}-other`,
  )
}

/** @throws {Error} whose message says what is wrong with the path of a claim, to be read after it */
export const checkClaimPath = (path: string): void => {
  if (checkedAnyway.includes(path)) throw new Error('is checked anyway: leave it out')
  if (path === '' || path.length > maxPathLength) throw new Error(`must have 1 to ${maxPathLength} characters`)
  if (unfit.test(path)) throw new Error('must not have control characters')
  if (path.split('.').length > maxPathDots + 1) throw new Error(`must have at most ${maxPathDots} dots`)
}
