/** The one place where tokens are made: an authorization becomes a signed JWT access token, or an opaque one with the same claims. RFC 9068 §2. */
import { type AccessTokenClaims, encodeHeader, type Signer, signingInputOf } from '@credence/jwt'
import { type Clock, formatScope, type Randomness, type TokenResponse } from '@credence/protocol'
import type { Authorization } from '../grants/authorization.ts'
import type { KeyRing } from '../key_material/key_ring.ts'
import type { Confirmation } from '../policy/sender_binding.ts'
import type { OpaqueTokens } from './opaque_token.ts'
import type { SigningQueue } from './signing_queue.ts'
import { createTokenIds } from './token_ids.ts'
import { writeClaims } from './write_claims.ts'

/** @param confirmation the key that the token is bound to, if any */
export type Issue = (
  authorization: Authorization,
  confirmation?: Confirmation,
) => TokenResponse | Promise<TokenResponse>

export interface IssueDeps {
  readonly issuer: string
  readonly keyRing: KeyRing
  readonly queue: SigningQueue
  readonly opaqueTokens: Pick<OpaqueTokens, 'seal'>
  readonly clock: Clock
  readonly randomness: Randomness
}

/** @see RFC 9068 §2.2: iss, exp, aud, sub, client_id, iat and jti are REQUIRED. */
export const createIssue = ({ issuer, keyRing, queue, opaqueTokens, clock, randomness }: IssueDeps): Issue => {
  const nextTokenId = createTokenIds(randomness)
  const issuerJson = JSON.stringify(issuer)

  const claimsOf = (authorization: Authorization, confirmation: Confirmation | undefined): AccessTokenClaims => {
    const iat = clock.epochSeconds()
    return {
      iss: issuer,
      // RFC 9068 §2.2: "In cases of access tokens obtained through grants where no resource owner is involved, [...] the
      // value of "sub" SHOULD correspond to an identifier the authorization server uses to indicate the client application."
      sub: authorization.clientId,
      client_id: authorization.clientId,
      aud: authorization.api.audience,
      scope: formatScope(authorization.scope),
      iat,
      exp: iat + authorization.ttlSeconds,
      jti: nextTokenId(),
      credential_id: authorization.credentialId,
      cnf: confirmation,
    }
  }

  return (authorization, confirmation) => {
    const { api, ttlSeconds } = authorization
    const claims = claimsOf(authorization, confirmation)
    const respond = (token: string): TokenResponse => ({
      access_token: token,
      token_type: confirmation?.jkt === undefined ? 'Bearer' : 'DPoP',
      expires_in: ttlSeconds,
      scope: claims.scope,
    })
    if (api.tokenFormat === 'opaque') return respond(opaqueTokens.seal(claims))
    const sign = (signer: Signer) =>
      queue.sign(signer, signingInputOf(headerOf(signer), writeClaims(issuerJson, claims))).then(respond)
    const signer = keyRing.signerFor(api.signingAlgorithm)
    return signer instanceof Promise ? signer.then(sign) : sign(signer)
  }
}

/** The header says the same in every token of a key, so it is encoded once. */
const headers = new WeakMap<Signer, string>()

const headerOf = (signer: Signer): string => {
  const known = headers.get(signer)
  if (known !== undefined) return known
  // RFC 9068 §2.1: "The "typ" value used SHOULD be "at+jwt"."
  const header = encodeHeader({ alg: signer.algorithm, typ: 'at+jwt', kid: signer.kid })
  headers.set(signer, header)
  return header
}
