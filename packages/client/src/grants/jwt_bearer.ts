/** The jwt-bearer grant: an assertion signed by a service account's key, in place of the client's credentials. RFC 7523 §2.1. */
import { type AssertionKey, createJti, createSigner, signAssertion } from '../client_auth/assertion.ts'
import { inRange } from '../secret_sources/secret_store.ts'
import type { Grant } from './grant.ts'

export type JwtBearerGrantOptions = AssertionKey & {
  /** `iss`: a Google service account's address, for one. */
  readonly issuer: string
  /** `sub`. Default: none, where the server takes the issuer for it; RFC 7523 §3 wants one. */
  readonly subject?: string | undefined
  /** `aud`. Default: the configured issuer. Google wants its token endpoint. */
  readonly audience?: string | undefined
  /** Put what scope is asked for into the assertion, as Google wants it, and not beside it. Default: false. */
  readonly scopeInAssertion?: boolean | undefined
  /** How long an assertion lives, in seconds: 10 to 3,600. Default: 60. */
  readonly lifetimeSeconds?: number | undefined
  /** Further claims. Not iss, sub, aud, iat, exp, jti and scope, which win. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/**
 * A grant for `createTokenManager({ grant })`. There is no further client authentication unless `auth` is given.
 *
 * @throws {TokenError} `invalid_configuration` when the key is no private key, or does not fit `alg`
 * @see RFC 7523 §2.1, §3
 */
export const jwtBearerGrant = (options: JwtBearerGrantOptions): Grant => {
  const { issuer, subject, audience, scopeInAssertion = false } = options
  const lifetimeSeconds = inRange('lifetimeSeconds', options.lifetimeSeconds ?? 60, [10, 3_600])
  const signer = createSigner(options)
  return {
    type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    parameters: async ({ server, target, now }) => {
      const claims = {
        ...options.claims,
        iss: issuer,
        sub: subject,
        aud: audience ?? server.issuer,
        scope: scopeInAssertion ? target.scope : undefined,
        iat: now,
        exp: now + lifetimeSeconds,
        jti: createJti(),
      }
      const form = target.form.filter(([name]) => name !== 'scope' || !scopeInAssertion)
      return [...form, ['assertion', await signAssertion(signer, { typ: 'JWT', claims })] as const]
    },
  }
}
