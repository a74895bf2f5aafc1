/** JSON objects read strictly: one meaning for every reader, bounded depth, nothing that is not a number. RFC 8259, RFC 7515 §4. */
import { isUtf8 } from 'node:buffer'
import { JwtError } from './jwt_error.ts'

/** A JSON object as parsed; what its members are has yet to be checked. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Objects and arrays inside each other deeper than this are refused. */
export const maxJsonDepth = 16

/**
 * Parses UTF-8 bytes as one JSON object.
 *
 * @throws {JwtError} `malformed_token` on invalid UTF-8 or JSON, anything but an object, a member given twice at any
 *   depth, a member called `__proto__`, a number too large to be one (1e999), or nesting beyond {@link maxJsonDepth}.
 */
export const parseJsonObject = (bytes: Buffer): JsonObject => {
  if (!isUtf8(bytes)) throw malformed('not UTF-8')
  const text = bytes.toString('utf8')
  const value = parse(text)
  if (!isJsonObject(value)) throw malformed('not a JSON object')
  // "The Header Parameter names within the JOSE Header MUST be unique" (RFC 7515 §4); "The Claim Names within a JWT
  // Claims Set MUST be unique" (RFC 7519 §4). JSON.parse keeps the last of two, so the text then has more names.
  if (checkMembers(value, 1) !== countNames(bytes)) throw malformed('a member is given twice')
  return value
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // JSON.parse quotes what it read in its message
    throw malformed('not JSON')
  }
}

/** Checks every value inside; returns how many members all objects have together. */
const checkMembers = (value: object, depth: number): number => {
  if (depth > maxJsonDepth) throw malformed('nested too deeply')
  if (Object.hasOwn(value, '__proto__')) throw malformed('a member must not be called __proto__')
  let count = 0
  if (Array.isArray(value)) {
    for (const element of value) count += checkValue(element, depth)
    return count
  }
  // for…in, since what JSON.parse makes inherits nothing that is enumerable: a quarter of what Object.values costs
  for (const name in value) count += 1 + checkValue((value as JsonObject)[name], depth)
  return count
}

const checkValue = (value: unknown, depth: number): number => {
  if (typeof value === 'object' && value !== null) return checkMembers(value, depth + 1)
  if (typeof value === 'number' && !Number.isFinite(value)) throw malformed('a number is out of range')
  return 0
}

const quote = 0x22
const colon = 0x3a
const backslash = 0x5c

/** How many names JSON that is known to be well formed has: one for each colon that is not in a string. */
const countNames = (json: Buffer): number => {
  let names = 0
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (byte === colon) names++
    else if (byte === quote) at = endOfString(json, at + 1)
  }
  return names
}

/** Where the string ends whose first byte is at `at`. A loop of its own, since most of a payload is strings. */
const endOfString = (json: Buffer, at: number): number => {
  for (let byte = json[at]; byte !== quote && at < json.length; byte = json[at]) at += byte === backslash ? 2 : 1
  return at
}

const malformed = (what: string) => new JwtError('malformed_token', what)
