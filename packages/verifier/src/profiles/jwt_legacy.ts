/** Access tokens that keep to RFC 9068 in all but `typ`: for issuers older than it. RFC 9068 §2.1. */
import { checkNoOtherToken, type TokenProfile } from './token_profile.ts'

export const jwtLegacy: TokenProfile = {
  name: 'jwt-legacy',
  types: ['at+jwt', 'jwt', undefined],
  relaxations: [
    {
      what: 'typ may be JWT or absent',
      why: 'aud must name this resource, where an ID token names a client; a token without client_id and jti, or with at_hash, c_hash, s_hash, nonce or events, is refused',
    },
  ],
  checkIssuer: () => {},
  translateClaims: ({ claims }) => {
    checkNoOtherToken(claims)
    return claims
  },
}
