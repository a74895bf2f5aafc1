/** Signs introspection answers, so that what the server said can be shown to others. RFC 9701 §5. */
import { encodeHeader, signCompact } from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import type { KeyRing } from '../key_material/key_ring.ts'

export const introspectionJwtType = 'application/token-introspection+jwt'
export const introspectionSigningAlgorithm = 'ES256'

/** @param resourceServer the client id of who asked */
export type SignIntrospection = (introspection: object, resourceServer: string) => Promise<string>

export interface SignIntrospectionDeps {
  readonly issuer: string
  readonly keyRing: Pick<KeyRing, 'signerFor'>
  readonly clock: Clock
}

/** "iss", "aud", "iat" and "token_introspection" are REQUIRED; without sub and exp, so that it cannot pass for an access token. */
export const createSignIntrospection =
  ({ issuer, keyRing, clock }: SignIntrospectionDeps): SignIntrospection =>
  async (introspection, resourceServer) => {
    const signer = await keyRing.signerFor(introspectionSigningAlgorithm)
    const header = encodeHeader({ alg: signer.algorithm, typ: 'token-introspection+jwt', kid: signer.kid })
    return signCompact(signer, header, {
      iss: issuer,
      aud: resourceServer,
      iat: clock.epochSeconds(),
      token_introspection: introspection,
    })
  }
