/** Reading a JWS in its compact serialisation, before anything in it is believed. RFC 7515 §5.2, RFC 8725. */
import { type AlgorithmDescriptor, resolveAlgorithm } from './algorithms.ts'
import { decodeBase64url } from './base64url.ts'
import { JwtError, quoteForMessage } from './jwt_error.ts'
import { type JsonObject, parseJsonObject } from './strict_json.ts'

/** A token with more characters is refused before it is decoded. */
export const maxTokenLength = 16_384

/** What of a header is understood. Everything else in it is ignored, `jwk`, `jku`, `x5u` and `x5c` above all. */
export interface JoseHeader {
  readonly algorithm: AlgorithmDescriptor
  readonly kid: string | undefined
  /** Lower case and without the `application/` that may be left out, as media types compare. RFC 7515 §4.1.9. */
  readonly typ: string | undefined
}

/** A JWS taken apart. Nothing in it is verified. */
export type DecodedJws = SignedParts<JoseHeader>

export interface SignedParts<Header> {
  readonly header: Header
  /** The payload, which must be a JSON object. */
  readonly claims: JsonObject
  /** The ASCII that was signed. */
  readonly signingInput: string
  readonly signature: Buffer
}

/**
 * Takes a compact JWS with a JSON payload apart. The JSON serialisation and encrypted tokens (five parts) are refused.
 *
 * Does not check: the signature, any claim, whether the algorithm is one for this issuer.
 *
 * @throws {JwtError} `token_too_large`, `malformed_token`, `unsupported_algorithm`, `unsupported_header`
 * @see RFC 7515 §5.2
 */
export const decodeCompactJws = (token: string): DecodedJws => takeApart(token, readHeader)

/**
 * What {@link decodeCompactJws} does, with another reader of the header.
 *
 * @throws {JwtError} `token_too_large`, `malformed_token`; and whatever the reader throws.
 */
export const takeApart = <Header>(token: string, read: (encodedHeader: string) => Header): SignedParts<Header> => {
  if (token.length > maxTokenLength) {
    throw new JwtError('token_too_large', `a token has at most ${maxTokenLength} characters`)
  }
  const headerEnd = token.indexOf('.')
  const payloadEnd = token.indexOf('.', headerEnd + 1)
  if (headerEnd === -1 || payloadEnd === -1 || token.includes('.', payloadEnd + 1)) {
    throw new JwtError('malformed_token', 'a signed token has three parts')
  }
  return {
    header: read(token.slice(0, headerEnd)),
    claims: parseJsonObject(decodeBase64url(token.slice(headerEnd + 1, payloadEnd))),
    signingInput: token.slice(0, payloadEnd),
    signature: decodeBase64url(token.slice(payloadEnd + 1)),
  }
}

/** An issuer writes the same header into every token of a key, so each is parsed once. */
const parsedHeaders = new Map<string, JoseHeader>()
const maxParsedHeaders = 256
const maxRememberedLength = 512

const readHeader = (encoded: string): JoseHeader => {
  const known = parsedHeaders.get(encoded)
  if (known !== undefined) return known
  const header = parseHeader(parseJsonObject(decodeBase64url(encoded)))
  if (encoded.length <= maxRememberedLength) {
    if (parsedHeaders.size >= maxParsedHeaders) parsedHeaders.clear()
    // a copy, since a slice would keep the whole token in memory
    parsedHeaders.set(Buffer.from(encoded, 'latin1').toString('latin1'), header)
  }
  return header
}

/**
 * Reads what is understood of a header.
 *
 * @throws {JwtError} `unsupported_algorithm`, `unsupported_header`, `malformed_token`
 */
export const parseHeader = (members: JsonObject): JoseHeader => {
  const { alg } = members
  const algorithm = resolveAlgorithm(alg)
  if (algorithm === undefined) throw new JwtError('unsupported_algorithm', `alg is ${quoteForMessage(alg)}`)
  return { algorithm, ...parseBesidesAlgorithm(members) }
}

/**
 * Reads what is understood of a header beside its algorithm.
 *
 * @throws {JwtError} `unsupported_header`, `malformed_token`
 */
export const parseBesidesAlgorithm = ({ crit, b64, kid, typ }: JsonObject): Omit<JoseHeader, 'algorithm'> => {
  // "If any of the listed extension Header Parameters are not understood and supported by the recipient, then the JWS is
  // invalid." None is, and a crit that lists none must not be there either ("MUST NOT use the empty list").
  if (crit !== undefined) throw new JwtError('unsupported_header', 'crit names nothing that is supported')
  // RFC 7797 §6 has b64 listed in crit; without that the two sides would read different payloads
  if (b64 !== undefined) throw new JwtError('unsupported_header', 'b64 is not supported')
  if (kid !== undefined && typeof kid !== 'string') throw new JwtError('malformed_token', 'kid must be a string')
  if (typ !== undefined && typeof typ !== 'string') throw new JwtError('malformed_token', 'typ must be a string')
  return { kid, typ: typ?.toLowerCase().replace(/^application\//, '') }
}
