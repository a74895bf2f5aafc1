/** What kind of assertion a client authenticates with: the values of client_assertion_type. RFC 7521 §4.2. */

/** @see RFC 7523 §2.2 */
export const jwtBearerAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A SPIFFE JWT-SVID. @see draft-ietf-oauth-spiffe-client-auth §3.1 */
export const jwtSpiffeAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe'
