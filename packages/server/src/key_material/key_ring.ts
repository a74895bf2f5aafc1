/** The signing keys in use: one active key for each algorithm, and every key whose tokens may still be alive. RFC 7517. */
import { createLocalKeySet, type KeySet, type Signer } from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import type { SigningAlgorithm, SigningKey, SigningKeyStatus, SigningKeyStore } from '@credence/storage'
import type { AuditLog } from '../audit/audit_log.ts'
import { boundSigner, signerAway } from './bounded_signer.ts'
import { keyEvent } from './key_events.ts'
import { signsUnconfirmedForSeconds } from './key_times.ts'
import type { Sealer } from './sealing.ts'
import { generateSigningKey, type OpenSigner, openLocalSigner } from './signing_key.ts'

export interface KeyRing {
  /**
   * The signer of an algorithm's active key; makes and stores the key at the first call for an algorithm.
   *
   * @throws {OAuthError} `temporarily_unavailable` when the key cannot be used now, or the store has not been read for an hour
   */
  signerFor(algorithm: SigningAlgorithm): Signer | Promise<Signer>
  /** The public keys as a JWK Set document, as they are now. */
  document(): KeySetDocument
  /** The same keys, for verifying the issuer's own tokens. */
  readonly keys: KeySet
  /** Reads the keys anew. A key that cannot be opened is left out of signing and told to `onError`; the rest goes on. */
  reload(): Promise<void>
  /** Seconds since each active key began to sign. */
  activeKeyAges(): ReadonlyMap<SigningAlgorithm, number>
  /** How many keys there are of each status, published, active and retired. */
  countByStatus(): Readonly<Record<SigningKeyStatus, number>>
}

export interface KeySetDocument {
  readonly keys: readonly unknown[]
}

export interface KeyRingDeps {
  readonly store: SigningKeyStore
  readonly audit: AuditLog
  readonly sealer: Sealer
  readonly clock: Clock
  /** In place of private keys in this process. */
  readonly openSigner?: OpenSigner | undefined
  readonly onError: (error: unknown) => void
}

/** Opens the stored signing keys. @throws {UnsealError} when the master key is not the one they were sealed under. */
export const createKeyRing = async (deps: KeyRingDeps): Promise<KeyRing> => {
  const { store, audit, sealer, clock, onError } = deps
  const openSigner = deps.openSigner ?? openLocalSigner
  let stored: readonly SigningKey[] = []
  let signers: ReadonlyMap<SigningAlgorithm, Signer> = new Map()
  let documentSource = ''
  let document: KeySetDocument = { keys: [] }
  let keys = createLocalKeySet(document)
  let confirmedAtMs = clock.monotonicMs()
  let reading: Promise<unknown> = Promise.resolve()
  const pending = new Map<SigningAlgorithm, Promise<Signer>>()

  const open = (key: SigningKey): Signer => {
    // the same signer for the same key: what is known of it, such as its encoded header, is kept with it
    const known = signers.get(key.algorithm)
    return known?.kid === key.kid ? known : boundSigner(openSigner(key, sealer))
  }

  const read = async (onUnopened: (error: unknown) => void): Promise<void> => {
    const askedAtMs = clock.monotonicMs()
    stored = await store.list()
    confirmedAtMs = askedAtMs
    const opened = new Map<SigningAlgorithm, Signer>()
    for (const key of stored.filter(({ status }) => status === 'active')) {
      try {
        opened.set(key.algorithm, open(key))
      } catch (error) {
        onUnopened(error)
      }
    }
    signers = opened
    const source = stored.map(({ publicJwk }) => publicJwk).join()
    if (source === documentSource) return
    documentSource = source
    document = { keys: stored.map(({ publicJwk }) => JSON.parse(publicJwk)) }
    keys = createLocalKeySet(document)
  }

  /** One read at a time, each begun after it was asked for, so that an older list never replaces a newer one. */
  const reload = (onUnopened = onError): Promise<void> => {
    const next = reading.catch(() => {}).then(() => read(onUnopened))
    reading = next
    return next
  }

  const makeActive = async (algorithm: SigningAlgorithm): Promise<Signer> => {
    if (!stored.some((key) => key.algorithm === algorithm && key.status === 'active')) {
      const made = await generateSigningKey(algorithm, sealer, clock.epochSeconds())
      await audit.transaction(async ({ signingKeys }, append) => {
        const active = await signingKeys.createActive(made)
        if (active.kid === made.kid) append(keyEvent('create', active))
      })
      await reload()
    }
    const signer = signers.get(algorithm)
    if (signer === undefined) throw new Error(`the active ${algorithm} key cannot be opened here`)
    return signer
  }

  const isConfirmed = (): boolean => clock.monotonicMs() - confirmedAtMs <= signsUnconfirmedForSeconds * 1000

  await reload((error) => {
    throw error
  })
  return {
    reload: () => reload(),
    document: () => document,
    keys: { find: (kid, algorithm) => keys.find(kid, algorithm), isCurrent: (key) => keys.isCurrent(key) },
    signerFor(algorithm) {
      if (!isConfirmed()) throw signerAway(algorithm, new Error('the signing keys could not be read for too long'))
      const signer = signers.get(algorithm) ?? pending.get(algorithm)
      if (signer !== undefined) return signer
      const making = makeActive(algorithm)
        .catch((error) => {
          throw signerAway(algorithm, error)
        })
        .finally(() => pending.delete(algorithm))
      pending.set(algorithm, making)
      return making
    },
    activeKeyAges() {
      const now = clock.epochSeconds()
      const active = stored.filter(({ status }) => status === 'active')
      return new Map(active.map((key) => [key.algorithm, now - (key.activatedAt ?? key.createdAt)]))
    },
    countByStatus() {
      const counts = { published: 0, active: 0, retired: 0 }
      for (const { status } of stored) counts[status]++
      return counts
    },
  }
}
