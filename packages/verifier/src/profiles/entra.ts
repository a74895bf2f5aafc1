/** Access tokens of Microsoft Entra ID, versions 1.0 and 2.0, for applications that act for themselves. */
import { JwtError } from '@credence/jwt'
import {
  checkNoOtherToken,
  identifyBySignedText,
  invalidClaim,
  scopeOfList,
  stringClaim,
  type TokenProfile,
} from './token_profile.ts'

const tenant = '([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})'
const version1 = new RegExp(`^https://sts\\.(?:windows\\.net|chinacloudapi\\.cn)/${tenant}/$`)
const version2 = new RegExp(
  `^https://(?:login\\.microsoftonline\\.(?:com|us)|login\\.partner\\.microsoftonline\\.cn|[a-z0-9-]+\\.ciamlogin\\.com)/${tenant}/v2\\.0$`,
)

/** The tenant and the token version that an issuer stands for; undefined when it is none of Entra. */
const parseIssuer = (issuer: string) => {
  const [, first] = version1.exec(issuer) ?? []
  if (first !== undefined) return { tenantId: first, version: '1.0', clientClaim: 'appid' } as const
  const [, second] = version2.exec(issuer) ?? []
  return second === undefined ? undefined : ({ tenantId: second, version: '2.0', clientClaim: 'azp' } as const)
}

export const entra: TokenProfile = {
  name: 'entra',
  types: ['at+jwt', 'jwt'],
  algorithms: ['RS256'],
  relaxations: [
    {
      what: 'typ may be JWT',
      why: 'azp or appid is required, which no ID token has; tokens for users, which have scp, are refused; at_hash, c_hash, s_hash, nonce and events are refused',
    },
    { what: 'azp (version 2.0) or appid (1.0) in place of client_id', why: 'it holds the same' },
    {
      what: 'roles, an array, in place of scope',
      why: 'for an application they are the permissions that were granted to it; each must be one scope token',
    },
    { what: 'uti in place of jti', why: 'it identifies the token; without it the digest of what was signed does' },
  ],
  // metadata for version 1.0 is under the name of another host
  jwksUri: (issuer) => {
    const { tenantId, version } = parseIssuer(issuer) ?? {}
    if (version !== '1.0') return undefined
    const host = issuer.startsWith('https://sts.windows.net/')
      ? 'login.microsoftonline.com'
      : 'login.partner.microsoftonline.cn'
    return `https://${host}/${tenantId}/discovery/keys`
  },
  checkIssuer: (issuer) => {
    if (parseIssuer(issuer) === undefined) {
      throw new TypeError(
        `an issuer of Entra is https://login.microsoftonline.com/TENANT_ID/v2.0, or https://sts.windows.net/TENANT_ID/ for tokens of version 1.0; the tenant by its id in lower case, not by name and not common: ${issuer}`,
      )
    }
  },
  translateClaims: (jws) => {
    const { claims } = jws
    checkNoOtherToken(claims)
    const from = parseIssuer(stringClaim(claims, 'iss'))
    if (from === undefined || claims.tid !== from.tenantId) throw invalidClaim('tid is not the tenant of iss')
    if (claims.ver !== from.version) throw invalidClaim(`ver must be ${from.version}`)
    // roles of a user are another thing than permissions of an application, and both are called roles
    if ('scp' in claims || (claims.idtyp !== undefined && claims.idtyp !== 'app')) {
      throw new JwtError('wrong_type', 'the token is for a user; those of applications are accepted')
    }
    return {
      ...claims,
      client_id: stringClaim(claims, from.clientClaim),
      scope: scopeOfList(claims, 'roles'),
      jti: claims.uti ?? identifyBySignedText(jws),
    }
  },
}
