/** The one place where tokens are made: right ones for the token endpoint, and those that a test wants wrong. RFC 7515 §3.1. */
import { attachSignature, compactSigningInput, type LocalSigner } from '@credence/jwt'
import type { Clock, Randomness } from '@credence/protocol'
import type { SigningKeys } from './signing_keys.ts'
import type { Skin, SkinUrls, TestAuthorization } from './skins/skin.ts'

/** What is to be different from a right token. */
export interface TokenChanges {
  /** In place of the skin's claims; a member that is undefined leaves the claim out. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** The same for the header. */
  readonly header?: Readonly<Record<string, unknown>> | undefined
  /** Issued an hour before it was to expire, a minute ago. */
  readonly expired?: boolean | undefined
  /** By a key that the key set does not have, under the kid of one that it has. */
  readonly signedBy?: 'stranger' | undefined
  /** `alg` is `none` and there is no signature (RFC 7518 §3.6), for tests that it is refused. */
  readonly unsigned?: boolean | undefined
}

export interface MintToken {
  readonly answer: (authorization: TestAuthorization) => Promise<object>
  readonly token: (authorization: TestAuthorization, changes: TokenChanges) => Promise<string>
}

export interface MintDeps {
  readonly skin: Skin
  readonly urls: SkinUrls
  readonly keys: SigningKeys
  readonly clock: Clock
  readonly randomness: Randomness
}

const expiredSinceSeconds = 60

export const createMintToken = ({ skin, urls, keys, clock, randomness }: MintDeps): MintToken => {
  const token: MintToken['token'] = async (authorization, changes) => {
    const { expired = false, unsigned = false, signedBy } = changes
    const now = clock.epochSeconds()
    const iat = expired ? now - authorization.ttlSeconds - expiredSinceSeconds : now
    const claims = skin.claims(authorization, { urls, iat, randomness })
    const signer = await keys.signer()
    const header = { ...skin.header(signer.kid, signer.algorithm), ...(unsigned && { alg: 'none' }), ...changes.header }
    const signingInput = compactSigningInput(encodeJson(header), {
      ...claims,
      ...authorization.client.claims,
      ...changes.claims,
    })
    if (unsigned) return `${signingInput}.`
    return sign(signedBy === 'stranger' ? await keys.stranger() : signer, signingInput)
  }
  return {
    token,
    answer: (authorization) =>
      skin.answer(authorization, {
        urls,
        iat: clock.epochSeconds(),
        randomness,
        sign: () => token(authorization, {}),
      }),
  }
}

/** JSON.stringify leaves out members that are undefined, which is how a test leaves out a claim. */
const encodeJson = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const sign = (signer: LocalSigner, signingInput: string): string =>
  attachSignature(signingInput, signer.sign(signingInput))
