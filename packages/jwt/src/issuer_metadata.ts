/** Finding an issuer's key set through its metadata. RFC 8414 §3. */
import { wellKnownUrl } from '@credence/protocol'
import type { FetchDocument } from './guarded_fetch.ts'
import { quoteForMessage } from './jwt_error.ts'

/**
 * The `jwks_uri` that an issuer's metadata names.
 *
 * Does not check: where the URI leads. Whoever fetches it does.
 *
 * @throws {Error} when the metadata cannot be had or is not this issuer's.
 * @see RFC 8414 §3.3
 */
export const discoverJwksUri = async (issuer: string, fetchDocument: FetchDocument): Promise<string> => {
  const { document } = await fetchDocument(wellKnownUrl(issuer, 'oauth-authorization-server'))
  // "The "issuer" value returned MUST be identical to the authorization server's issuer identifier value [...]. If these
  // values are not identical, the data contained in the response MUST NOT be used."
  if (document.issuer !== issuer) {
    throw new Error(`the metadata of ${issuer} names the issuer ${quoteForMessage(document.issuer)}`)
  }
  const { jwks_uri: jwksUri } = document
  if (typeof jwksUri !== 'string') throw new Error(`the metadata of ${issuer} has no jwks_uri`)
  return jwksUri
}
