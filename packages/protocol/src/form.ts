/** application/x-www-form-urlencoded, read strictly: nothing twice, nothing malformed, nothing without a bound. RFC 6749 §3.2, Appendix B. */
import { OAuthError } from './oauth_error.ts'

/** A form with more parameters than this is refused. */
export const maxFormParameters = 64

/** The parameters of one request. A parameter with an empty value is as good as absent (RFC 6749 §3.2). */
export interface Form {
  /** The value of a parameter, or undefined when it was absent or empty. */
  get(name: string): string | undefined
  /** Every value of a parameter that may repeat, without empty ones. */
  getAll(name: string): readonly string[]
}

/** RFC 8707 §2: "Multiple resource parameters MAY be used". Nothing else may repeat on this grant. */
const repeatable = 'resource'

const notForm = /[^\x20-\x7e]/

/**
 * Parses a form body.
 *
 * Does not check: the content type, the size of the body, which parameters there must be. Unknown parameters are kept
 * and ignored by whoever does not ask for them.
 *
 * @throws {OAuthError} `invalid_request` on a repeated parameter other than `resource`, a malformed percent-encoding,
 *   a character that should have been encoded, or more than {@link maxFormParameters} parameters.
 * @see RFC 6749 §3.2 and Appendix B
 */
export const parseForm = (body: string): Form => {
  if (notForm.test(body)) throw new OAuthError('invalid_request', 'the body has characters that a form must encode')
  const single = new Map<string, string>()
  const resources: string[] = []
  let count = 0
  for (let start = 0; start < body.length; ) {
    const end = endOfPair(body, start)
    if (end > start) {
      if (++count > maxFormParameters)
        throw new OAuthError('invalid_request', `more than ${maxFormParameters} parameters`)
      const [name, value] = decodePair(body.slice(start, end))
      // "Request and response parameters MUST NOT be included more than once."
      if (name === repeatable) resources.push(value)
      else if (single.has(name)) throw new OAuthError('invalid_request', `parameter given more than once: ${name}`)
      else single.set(name, value)
    }
    start = end + 1
  }
  return {
    // "Parameters sent without a value MUST be treated as if they were omitted from the request."
    get: (name) => (name === repeatable ? resources.find(isPresent) : single.get(name)) || undefined,
    getAll: (name) => (name === repeatable ? resources : [single.get(name) ?? '']).filter(isPresent),
  }
}

const isPresent = (value: string): boolean => value !== ''

const endOfPair = (body: string, start: number): number => {
  const ampersand = body.indexOf('&', start)
  return ampersand === -1 ? body.length : ampersand
}

const decodePair = (pair: string): [name: string, value: string] => {
  const equals = pair.indexOf('=')
  return equals === -1
    ? [decodeFormComponent(pair), '']
    : [decodeFormComponent(pair.slice(0, equals)), decodeFormComponent(pair.slice(equals + 1))]
}

/**
 * Decodes one name or value: `+` is a space, `%XX` is a byte of UTF-8.
 *
 * @throws {OAuthError} `invalid_request` when a percent sign is not followed by two hex digits, or the bytes are not UTF-8.
 * @see RFC 6749 Appendix B
 */
export const decodeFormComponent = (text: string): string => {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    throw new OAuthError('invalid_request', 'malformed percent-encoding')
  }
}
