/** Finding out about an issuer through its metadata. RFC 8414 §3, OpenID Connect Discovery 1.0 §4. */
import { isSecureUrl, wellKnownUrl } from '@credence/protocol'
import type { FetchDocument } from './guarded_fetch.ts'
import { quoteForMessage } from './jwt_error.ts'
import type { JsonObject } from './strict_json.ts'

/**
 * An issuer's metadata: where RFC 8414 puts it, or else, when it cannot be had there, where OpenID Connect does.
 *
 * Does not check: anything in it but the issuer.
 *
 * @throws {Error} when neither can be had, or the one that can is not this issuer's.
 * @see RFC 8414 §3.3
 */
export const fetchIssuerMetadata = async (issuer: string, fetchDocument: FetchDocument): Promise<JsonObject> => {
  const document = await fetchEither(issuer, fetchDocument)
  // "The "issuer" value returned MUST be identical to the authorization server's issuer identifier value [...]. If these
  // values are not identical, the data contained in the response MUST NOT be used."
  if (document.issuer !== issuer) {
    throw new Error(`the metadata of ${issuer} names the issuer ${quoteForMessage(document.issuer)}`)
  }
  return document
}

const fetchEither = async (issuer: string, fetchDocument: FetchDocument): Promise<JsonObject> => {
  try {
    return (await fetchDocument(wellKnownUrl(issuer, 'oauth-authorization-server'))).document
  } catch (first) {
    try {
      return (await fetchDocument(openidConfigurationUrl(issuer))).document
    } catch (second) {
      throw new Error(`${messageOf(first)}; ${messageOf(second)}`, { cause: first })
    }
  }
}

/** OpenID Connect Discovery 1.0 §4: the well-known path is appended to the issuer, not put in between. */
const openidConfigurationUrl = (issuer: string): string =>
  `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'failed')

/**
 * The `jwks_uri` that an issuer's metadata names.
 *
 * Does not check: where the URI leads. Whoever fetches it does.
 *
 * @throws {Error} when the metadata cannot be had or is not this issuer's.
 */
export const discoverJwksUri = async (issuer: string, fetchDocument: FetchDocument): Promise<string> => {
  const { jwks_uri: jwksUri } = await fetchIssuerMetadata(issuer, fetchDocument)
  if (typeof jwksUri !== 'string') throw new Error(`the metadata of ${issuer} has no jwks_uri`)
  return jwksUri
}

/**
 * The `introspection_endpoint` that an issuer's metadata names.
 *
 * It must be on the issuer's own origin, since tokens and a secret are sent there; one elsewhere has to be configured.
 *
 * @throws {Error} when the metadata cannot be had, is not this issuer's, or names no such endpoint.
 * @see RFC 8414 §2
 */
export const discoverIntrospectionEndpoint = async (issuer: string, fetchDocument: FetchDocument): Promise<string> => {
  const { introspection_endpoint: endpoint } = await fetchIssuerMetadata(issuer, fetchDocument)
  const url = typeof endpoint === 'string' ? URL.parse(endpoint) : null
  if (url === null) throw new Error(`the metadata of ${issuer} has no introspection_endpoint`)
  if (url.origin !== new URL(issuer).origin || !isSecureUrl(url)) {
    throw new Error(`the introspection_endpoint of ${issuer} is at ${url.origin}; name it as endpoint if that is right`)
  }
  return url.href
}
