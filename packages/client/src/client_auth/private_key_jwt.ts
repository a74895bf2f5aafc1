/** private_key_jwt: an assertion signed with the client's own key. RFC 7523 §2.2, §3. */
import { jwtBearerAssertionType } from '@credence/protocol'
import { clockSkew } from 'oauth4webapi'
import { inRange } from '../secret_sources/secret_store.ts'
import type { AssertionKey } from './assertion.ts'
import { createJti, createSigner, signAssertion } from './assertion.ts'
import type { ClientAuth } from './client_auth.ts'

export type PrivateKeyJwtOptions = AssertionKey & {
  /** Default: the configured issuer. For servers that want another, the token endpoint's URL for one. */
  readonly audience?: string | undefined
  /** How long an assertion lives, in seconds: 10 to 300. Default: 60. */
  readonly lifetimeSeconds?: number | undefined
}

/**
 * An assertion signed with a private key, new for every try.
 *
 * `key` is PEM (PKCS #8), a JWK, a CryptoKey or a KeyObject; `sign` with `alg` in its place leaves the key where it is, in a KMS.
 * The audience is the configured issuer, a single string, whatever the server's metadata says (RFC 7523bis §4).
 *
 * @throws {TokenError} `invalid_configuration` when the key is no private key, or does not fit `alg`
 * @see RFC 7523 §2.2, §3
 */
export const privateKeyJwt = (options: PrivateKeyJwtOptions): ClientAuth => {
  const { audience } = options
  const lifetimeSeconds = inRange('lifetimeSeconds', options.lifetimeSeconds ?? 60, [10, 300])
  const signer = createSigner(options)
  return async (server, client, body) => {
    const { client_id } = client
    const iat = Math.floor(Date.now() / 1000) + (client[clockSkew] ?? 0)
    // no nbf: it says nothing that iat does not, and a server whose clock is behind refuses it
    const claims = {
      iss: client_id,
      sub: client_id,
      aud: audience ?? server.issuer,
      iat,
      exp: iat + lifetimeSeconds,
      jti: createJti(),
    }
    body.set('client_id', client_id)
    body.set('client_assertion_type', jwtBearerAssertionType)
    body.set('client_assertion', await signAssertion(signer, { typ: 'client-authentication+jwt', claims }))
  }
}
