/** Making a signing key and opening it again: the private half leaves this file only inside a signer. RFC 7517, RFC 7638. */
import { createPrivateKey } from 'node:crypto'
import { createSigner, generateSigningKeyPair, keyThumbprint, publicJwk, type Signer } from '@credence/jwt'
import type { SigningAlgorithm, SigningKey } from '@credence/storage'
import type { Sealer } from './sealing.ts'

/** Turns a stored key into what signs with it. Whatever is sealed may be a private key, or the name of one kept elsewhere. */
export type OpenSigner = (key: SigningKey, sealer: Sealer) => Signer

/** What a sealed private key is bound to. */
export const signingKeyContext = (kid: string): string => `signing key: ${kid}`

/** A fresh key that is active from `now` on, to be stored. Times in epoch seconds. */
export const generateSigningKey = async (
  algorithm: SigningAlgorithm,
  sealer: Sealer,
  now: number,
): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const kid = keyThumbprint(publicKey)
  // one in 64 begins so, and every command line would take it for an option
  if (kid.startsWith('-')) return generateSigningKey(algorithm, sealer, now)
  const der = privateKey.export({ type: 'pkcs8', format: 'der' })
  const sealedPrivateKey = sealer.seal(der, signingKeyContext(kid))
  der.fill(0)
  return {
    kid,
    algorithm,
    status: 'active',
    publicJwk: JSON.stringify(publicJwk(publicKey, { algorithm, kid })),
    sealedPrivateKey,
    createdAt: now,
    activateAt: undefined,
    activatedAt: now,
    retiredAt: undefined,
    removeAt: undefined,
  }
}

/** The same key, published: it may sign from `activateAt` on. */
export const asPublished = (key: SigningKey, activateAt: number): SigningKey => ({
  ...key,
  status: 'published',
  activateAt,
  activatedAt: undefined,
})

/** @throws {UnsealError} when the master key is not the one it was sealed under. */
export const openLocalSigner: OpenSigner = (key, sealer) => {
  const der = sealer.open(key.sealedPrivateKey, signingKeyContext(key.kid))
  const privateKey = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' })
  der.fill(0)
  return createSigner({ privateKey, algorithm: key.algorithm, kid: key.kid })
}
