/** The keys of a test authorization server: one that signs, those it replaced, and one that it never publishes. RFC 7517. */
import {
  createSigner,
  generateSigningKeyPair,
  type JsonWebKeySet,
  keyThumbprint,
  type LocalSigner,
  type PublicJwk,
  publicJwk,
  type SignatureAlgorithm,
} from '@credence/jwt'

export interface RotateKeysOptions {
  /** Takes the keys that signed so far out of the key set at once. Default: they stay published, as in a planned rotation. */
  readonly dropOld?: boolean | undefined
}

export interface SigningKeys {
  readonly signer: () => Promise<LocalSigner>
  /** Signs with a key that the key set does not have. */
  readonly stranger: () => Promise<LocalSigner>
  readonly document: () => Promise<JsonWebKeySet>
  readonly rotate: (options?: RotateKeysOptions) => Promise<void>
}

interface TestKey {
  readonly signer: LocalSigner
  readonly jwk: PublicJwk
}

/** Older keys than this many are no longer published. */
const maxPublishedKeys = 10

/** Keys are made when they are first needed: an RSA key takes a tenth of a second, and many a test never needs one. */
export const createSigningKeys = (algorithm: SignatureAlgorithm): SigningKeys => {
  let made: readonly Promise<TestKey>[] | undefined
  let unpublished: Promise<TestKey> | undefined
  const published = (): readonly Promise<TestKey>[] => {
    made ??= [generate(algorithm)]
    return made
  }
  return {
    signer: async () => {
      const [newest] = await Promise.all(published())
      if (newest === undefined) throw new Error('there is always a key')
      return newest.signer
    },
    stranger: async () => {
      unpublished ??= generate(algorithm)
      return (await unpublished).signer
    },
    document: async () => ({ keys: (await Promise.all(published())).map(({ jwk }) => jwk) }),
    rotate: async ({ dropOld = false } = {}) => {
      const older = dropOld ? [] : published()
      const next = generate(algorithm)
      await next
      made = [next, ...older].slice(0, maxPublishedKeys)
    },
  }
}

const generate = async (algorithm: SignatureAlgorithm): Promise<TestKey> => {
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const kid = keyThumbprint(publicKey)
  return { signer: createSigner({ privateKey, algorithm, kid }), jwk: publicJwk(publicKey, { algorithm, kid }) }
}
