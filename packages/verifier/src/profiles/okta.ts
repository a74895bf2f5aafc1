/** Access tokens of an Okta custom authorization server. */
import { checkNoOtherToken, invalidClaim, scopeOfList, stringClaim, type TokenProfile } from './token_profile.ts'

const customServer = /^\/oauth2\/[A-Za-z0-9]+$/

export const okta: TokenProfile = {
  name: 'okta',
  types: ['at+jwt', undefined],
  algorithms: ['RS256'],
  relaxations: [
    {
      what: 'no typ',
      why: 'cid is required, which no ID token has; aud must name this API; at_hash, c_hash, s_hash, nonce and events are refused',
    },
    { what: 'cid in place of client_id', why: 'it holds the same' },
    { what: 'scp, an array, in place of scope', why: 'it holds the same; each member must be one scope token' },
  ],
  checkIssuer: (issuer) => {
    const { pathname } = new URL(issuer)
    if (!customServer.test(pathname)) {
      throw new TypeError(
        `an issuer of Okta is https://DOMAIN/oauth2/SERVER, a custom authorization server; tokens of the org authorization server are for Okta alone: ${issuer}`,
      )
    }
  },
  translateClaims: ({ claims }) => {
    checkNoOtherToken(claims)
    if (claims.ver !== 1) throw invalidClaim('ver must be 1')
    return { ...claims, client_id: stringClaim(claims, 'cid'), scope: scopeOfList(claims, 'scp') }
  },
}
