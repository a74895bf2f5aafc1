/** ID tokens of Google service accounts, which is what they present to services that are not Google's. */
import { type JsonObject, JwtError } from '@credence/jwt'
import { formatScope, isScopeToken } from '@credence/protocol'
import { identifyBySignedText, invalidClaim, stringClaim, type TokenProfile } from './token_profile.ts'

export interface GoogleOptions {
  /**
   * The service accounts that are accepted, by e-mail address or by unique id (which no later account can have again),
   * each with the scopes that it is given here, since the tokens have none.
   */
  readonly serviceAccounts: Readonly<Record<string, readonly string[]>>
}

const issuerOfGoogle = 'https://accounts.google.com'
const maxLifetimeSeconds = 3600

/**
 * The profile of service accounts' ID tokens.
 *
 * @throws {TypeError} when no service account is named, or a scope is not one.
 */
export const google = ({ serviceAccounts }: GoogleOptions): TokenProfile => {
  const scopeOf = new Map(Object.entries(serviceAccounts).map(([account, scopes]) => [account, checkedScope(scopes)]))
  if (scopeOf.size === 0) {
    throw new TypeError('google needs serviceAccounts: every account of Google can get a token for any audience')
  }

  /** The name under which the account is accepted. */
  const accountOf = (claims: JsonObject): string => {
    const { email, email_verified: isVerified } = claims
    const account = [stringClaim(claims, 'sub'), ...(isVerified === true ? [email] : [])].find(
      (name): name is string => typeof name === 'string' && scopeOf.has(name),
    )
    if (account === undefined) throw new JwtError('wrong_audience', 'the account is not one that is accepted')
    return account
  }

  return {
    name: 'google',
    types: ['jwt'],
    algorithms: ['RS256'],
    relaxations: [
      {
        what: 'an ID token, with typ JWT, without client_id and scope',
        why: 'aud must name this resource, and the account must be one of serviceAccounts, which also says its scopes',
      },
      { what: 'no jti', why: 'the digest of what was signed stands in for it, so that one token can still be denied' },
    ],
    checkIssuer: (issuer) => {
      if (issuer !== issuerOfGoogle) throw new TypeError(`the issuer of Google is ${issuerOfGoogle}: ${issuer}`)
    },
    translateClaims: (jws) => {
      const { claims } = jws
      const account = accountOf(claims)
      stringClaim(claims, 'azp')
      const lifetime = Number(claims.exp) - Number(claims.iat)
      if (!(lifetime <= maxLifetimeSeconds)) throw invalidClaim('the token is for longer than an hour')
      return { ...claims, client_id: account, scope: scopeOf.get(account), jti: identifyBySignedText(jws) }
    },
  }
}

const checkedScope = (scopes: readonly string[]): string => {
  if (!(Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string' && isScopeToken(scope)))) {
    throw new TypeError('each of serviceAccounts must have an array of scope tokens')
  }
  return formatScope(scopes)
}
