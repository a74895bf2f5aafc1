/** Access tokens of a Keycloak realm. */
import { JwtError } from '@credence/jwt'
import { invalidClaim, stringClaim, type TokenProfile } from './token_profile.ts'

const realm = /\/realms\/[^/]+$/

export const keycloak: TokenProfile = {
  name: 'keycloak',
  types: ['at+jwt', 'jwt'],
  relaxations: [
    {
      what: 'the typ of the header may be JWT',
      why: 'the claim typ must be Bearer, or DPoP with cnf; ID, refresh and logout tokens have another',
    },
    { what: 'azp in place of client_id', why: 'it holds the same; a token with both must have the same in both' },
  ],
  checkIssuer: (issuer) => {
    if (!realm.test(new URL(issuer).pathname)) {
      throw new TypeError(`an issuer of Keycloak is https://HOST/realms/REALM, without a slash at its end: ${issuer}`)
    }
  },
  translateClaims: ({ claims }) => {
    const isAccessToken = claims.typ === 'Bearer' || (claims.typ === 'DPoP' && claims.cnf !== undefined)
    if (!isAccessToken) throw new JwtError('wrong_type', 'the claim typ must be Bearer, or DPoP with cnf')
    const clientId = stringClaim(claims, 'azp')
    if (claims.client_id !== undefined && claims.client_id !== clientId) throw invalidClaim('azp and client_id differ')
    return { ...claims, client_id: clientId }
  },
}
