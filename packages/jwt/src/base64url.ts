/** base64url with exactly one encoding for every value. RFC 7515 §2, RFC 4648 §3.5 and §5. */
import { JwtError } from './jwt_error.ts'

/** The base64url encoding "with all trailing '=' characters omitted". */
export const encodeBase64url = (bytes: Buffer): string => bytes.toString('base64url')

/**
 * Decodes base64url, of which only the canonical form is read: no padding, no set trailing bits, "without the inclusion
 * of any line breaks, whitespace, or other additional characters".
 *
 * @throws {JwtError} `malformed_token`
 */
export const decodeBase64url = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'base64url')
  // Node decodes leniently. Encoding again is the whole check: whatever was lenient does not come back as it was.
  if (bytes.toString('base64url') !== text) throw new JwtError('malformed_token', 'not canonical base64url')
  return bytes
}
