/** Conditions on the claims of a platform's token: exact values, or how they begin; never a pattern that somebody wrote. */
import { isJsonObject, type JsonObject, quoteForMessage } from '@credence/jwt'
import type { ClaimCondition } from '@credence/storage'

/** Whether a value is one that the condition names. A prefix is met by what goes on after it, not by itself. */
const meets = (value: unknown, { match, values }: ClaimCondition): boolean => {
  if (match === 'prefix') {
    return (
      typeof value === 'string' && values.some((prefix) => value.length > prefix.length && value.startsWith(prefix))
    )
  }
  const text = textOf(value)
  return text !== undefined && values.includes(text)
}

/** Numbers and booleans count as JSON writes them: platforms differ in which of their ids are strings. */
const textOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : undefined
}

/**
 * Why the claims do not meet a condition, for an operator; undefined when they do.
 *
 * A claim that is an array meets it when one of its elements does, as membership of a group does.
 */
export const whyNotMet = (claims: JsonObject, condition: ClaimCondition): string | undefined => {
  const value = readClaim(claims, condition.claim)
  const isMet = Array.isArray(value) ? value.some((element) => meets(element, condition)) : meets(value, condition)
  return isMet ? undefined : `${condition.claim.slice(0, 40)} ${inWords(value)}`
}

const inWords = (value: unknown): string => {
  if (value === undefined) return 'is missing'
  if (Array.isArray(value))
    return `has none of the values, but ${value.slice(0, 2).map(inMessage).join(', ') || 'is empty'}`
  return `is ${inMessage(value)}`
}

const inMessage = (value: unknown): string => quoteForMessage(textOf(value) ?? value)

/**
 * The claim at a path: names of members with dots between, where names may have dots in them, as `kubernetes.io` has.
 *
 * A path that can be read in two ways of which both lead somewhere has no value: nobody said which of them was meant.
 */
export const readClaim = (claims: JsonObject, path: string): unknown => {
  const found = readAll(claims, path)
  return found.length === 1 ? found[0] : undefined
}

const readAll = (value: JsonObject, path: string): readonly unknown[] => {
  const found: unknown[] = Object.hasOwn(value, path) ? [value[path]] : []
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const name = path.slice(0, dot)
    const inner = Object.hasOwn(value, name) ? value[name] : undefined
    if (isJsonObject(inner)) found.push(...readAll(inner, path.slice(dot + 1)))
  }
  return found
}
