/** The WWW-Authenticate header: challenges formatted for an answer and parsed from one. RFC 9110 §11.6.1, RFC 6750 §3. */

/** One challenge: a scheme and its parameters. Parameter names are lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

/** A longer header than this is not parsed. */
const maxHeaderLength = 8192

/**
 * Formats challenges as one WWW-Authenticate value. Every parameter is a quoted-string.
 *
 * @throws {TypeError} when a value has a control character or one outside ASCII, which no header can carry.
 * @see RFC 9110 §11.6.1
 */
export const formatChallenges = (challenges: readonly Challenge[]): string => challenges.map(formatChallenge).join(', ')

const formatChallenge = ({ scheme, parameters }: Challenge): string => {
  const formatted = Object.entries(parameters).map(([name, value]) => `${name}="${quote(value)}"`)
  return formatted.length === 0 ? scheme : `${scheme} ${formatted.join(', ')}`
}

const quote = (value: string): string => {
  if (/[^\x20-\x7e]/.test(value)) throw new TypeError('a challenge parameter must be printable ASCII')
  return value.replace(/["\\]/g, '\\$&')
}

// Linear on any input: no two neighbouring repetitions can match the same character.
const part =
  /(\s*(?:,\s*)*)([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]+)))?/y

/**
 * Parses a WWW-Authenticate value, several challenges in one header included.
 *
 * Lenient as a reader must be: what cannot be read ends the list, and what was read before it is returned. A token68
 * (as Basic or Negotiate may send) ends it as well.
 */
export const parseChallenges = (header: string): readonly Challenge[] => {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  if (header.length > maxHeaderLength) return challenges
  part.lastIndex = 0
  for (let match = part.exec(header); match !== null; match = part.exec(header)) {
    const [, separator = '', name = '', quoted, token] = match
    const value = quoted?.replace(/\\(.)/g, '$1') ?? token
    const current = challenges.at(-1)
    if (value === undefined) {
      // after a scheme and a space alone comes a token68, not another scheme
      if (current !== undefined && !separator.includes(',')) break
      challenges.push({ scheme: name, parameters: Object.create(null) })
    } else if (current === undefined) break
    else current.parameters[name.toLowerCase()] = value
  }
  return challenges
}
