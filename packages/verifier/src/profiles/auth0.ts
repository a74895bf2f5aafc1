/** Access tokens of Auth0, of its own profile (the default) and of the one that keeps to RFC 9068. */
import {
  checkNoOtherToken,
  identifyBySignedText,
  invalidClaim,
  stringClaim,
  type TokenProfile,
} from './token_profile.ts'

/** An application that acts for itself is its client id and this. */
const machineSuffix = '@clients'

export const auth0: TokenProfile = {
  name: 'auth0',
  types: ['at+jwt', 'jwt'],
  algorithms: ['RS256', 'PS256'],
  relaxations: [
    {
      what: 'typ may be JWT',
      why: 'aud must name this API, where an ID token names a client; at_hash, c_hash, s_hash, nonce and events are refused',
    },
    { what: 'azp in place of client_id', why: 'it holds the same; a token with both must have the same in both' },
    { what: 'no jti', why: 'the digest of what was signed stands in for it, so that one token can still be denied' },
  ],
  checkIssuer: (issuer) => {
    if (!issuer.endsWith('/') || new URL(issuer).pathname !== '/') {
      throw new TypeError(`an issuer of Auth0 is https://DOMAIN/ with the slash at its end: ${issuer}`)
    }
  },
  translateClaims: (jws) => {
    const { claims } = jws
    checkNoOtherToken(claims)
    const clientId = stringClaim(claims, 'client_id' in claims ? 'client_id' : 'azp')
    if (claims.azp !== undefined && claims.azp !== clientId) throw invalidClaim('azp and client_id differ')
    const sub = stringClaim(claims, 'sub')
    if (sub.endsWith(machineSuffix) && sub !== clientId + machineSuffix) {
      throw invalidClaim('sub is an application, and not the one in azp')
    }
    return { ...claims, client_id: clientId, jti: claims.jti ?? identifyBySignedText(jws) }
  },
}
