/** The signing keys in use: one active key for each algorithm, and every key whose tokens may still be alive. RFC 7517. */
import { createPrivateKey } from 'node:crypto'
import {
  createLocalKeySet,
  createSigner,
  generateSigningKeyPair,
  type KeySet,
  keyThumbprint,
  publicJwk,
  type Signer,
} from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import type { SigningAlgorithm, SigningKey, SigningKeyStore } from '@credence/storage'
import type { Sealer } from './sealing.ts'

export interface KeyRing {
  /** The signer of an algorithm's active key; makes and stores the key at the first call for an algorithm. */
  signerFor(algorithm: SigningAlgorithm): Signer | Promise<Signer>
  /** The public keys as a JWK Set document, as they are now. */
  document(): KeySetDocument
  /** The same keys, for verifying the issuer's own tokens. */
  readonly keys: KeySet
  /** Reads the keys anew. */
  reload(): Promise<void>
}

export interface KeySetDocument {
  readonly keys: readonly unknown[]
}

export interface KeyRingDeps {
  readonly store: SigningKeyStore
  readonly sealer: Sealer
  readonly clock: Clock
}

const sealingContext = (kid: string) => `signing key: ${kid}`

/** Opens the stored signing keys. @throws {UnsealError} when the master key is not the one they were sealed under. */
export const createKeyRing = async (deps: KeyRingDeps): Promise<KeyRing> => {
  const signers = new Map<SigningAlgorithm, Signer>()
  let document: KeySetDocument = { keys: [] }
  let keys = createLocalKeySet(document)
  const pending = new Map<SigningAlgorithm, Promise<Signer>>()

  const reload = async () => {
    const stored = await deps.store.list()
    signers.clear()
    for (const key of stored) if (key.status === 'active') signers.set(key.algorithm, openSigner(key, deps.sealer))
    document = { keys: stored.map((key) => JSON.parse(key.publicJwk)) }
    keys = createLocalKeySet(document)
  }

  const makeActive = async (algorithm: SigningAlgorithm): Promise<Signer> => {
    await deps.store.createActive(await generateSigningKey(algorithm, deps))
    await reload()
    const signer = signers.get(algorithm)
    if (signer === undefined) throw new Error(`no active ${algorithm} key after one was made`)
    return signer
  }

  await reload()
  return {
    reload,
    document: () => document,
    keys: { find: (kid, algorithm) => keys.find(kid, algorithm), isCurrent: (key) => keys.isCurrent(key) },
    signerFor(algorithm) {
      const signer = signers.get(algorithm) ?? pending.get(algorithm)
      if (signer !== undefined) return signer
      const making = makeActive(algorithm).finally(() => pending.delete(algorithm))
      pending.set(algorithm, making)
      return making
    },
  }
}

const generateSigningKey = async (algorithm: SigningAlgorithm, { sealer, clock }: KeyRingDeps): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const kid = await keyThumbprint(publicKey)
  const now = clock.epochSeconds()
  return {
    kid,
    algorithm,
    status: 'active',
    publicJwk: JSON.stringify(publicJwk(publicKey, { algorithm, kid })),
    sealedPrivateKey: sealer.seal(privateKey.export({ type: 'pkcs8', format: 'der' }), sealingContext(kid)),
    createdAt: now,
    activatedAt: now,
    retiredAt: undefined,
  }
}

const openSigner = (key: SigningKey, sealer: Sealer): Signer => {
  const der = sealer.open(key.sealedPrivateKey, sealingContext(key.kid))
  const privateKey = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' })
  der.fill(0)
  return createSigner({ privateKey, algorithm: key.algorithm, kid: key.kid })
}
