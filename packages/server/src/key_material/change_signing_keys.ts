/** What an operator does to the signing keys by hand: rotate ahead of the day, and know what a revocation leaves behind. */
import type { SigningAlgorithm, SigningKey, Stores } from '@credence/storage'
import {
  maxKeysPerAlgorithm,
  publishedForSeconds,
  replicaLagSeconds,
  retiredForSeconds,
  tokensLiveForSeconds,
} from './key_times.ts'
import type { Sealer } from './sealing.ts'
import { asPublished, generateSigningKey } from './signing_key.ts'

type KeyStores = Pick<Stores, 'signingKeys'>

/** Why keys were left as they are. */
export class KeyChangeRefused extends Error {
  override readonly name = 'KeyChangeRefused'
  readonly code: 'too_many' | 'changed_meanwhile'

  constructor(code: 'too_many' | 'changed_meanwhile', message: string) {
    super(message)
    this.code = code
  }
}

/** A rotation that has been thought out and not begun. */
export interface PlannedRotation {
  /** The key that signs next. */
  readonly next: SigningKey
  /** The key that signs until then; undefined when the algorithm has none, and the next one signs at once. */
  readonly active: SigningKey | undefined
  /** Whether the next key is in the key set already, so that the rotation is under way. */
  readonly underWay: boolean
}

/** Makes the next key where there is none yet. Stores nothing, so that it may take its time. */
export const planRotation = async (
  { signingKeys }: KeyStores,
  { algorithm, sealer, now }: { readonly algorithm: SigningAlgorithm; readonly sealer: Sealer; readonly now: number },
): Promise<PlannedRotation> => {
  const keys = (await signingKeys.list()).filter((key) => key.algorithm === algorithm)
  const active = keys.find(({ status }) => status === 'active')
  const published = keys.find(({ status }) => status === 'published')
  if (published !== undefined) return { next: published, active, underWay: true }
  if (keys.length >= maxKeysPerAlgorithm) {
    throw new KeyChangeRefused(
      'too_many',
      `there are ${keys.length} ${algorithm} keys; wait until retired ones are gone`,
    )
  }
  const next = await generateSigningKey(algorithm, sealer, now)
  return { next: active === undefined ? next : asPublished(next, now + publishedForSeconds), active, underWay: false }
}

/**
 * Publishes the next key, and with `early` has it sign at once.
 *
 * @returns the next key as it is now
 * @throws {KeyChangeRefused} `changed_meanwhile` when the keys are no longer what the plan was made on; the plan is void then
 */
export const carryOutRotation = async (
  { signingKeys }: KeyStores,
  { next, active, underWay }: PlannedRotation,
  { early, now }: { readonly early: boolean; readonly now: number },
): Promise<SigningKey> => {
  if (active === undefined) {
    const created = await signingKeys.createActive(next)
    return created.kid === next.kid ? created : refuse(next)
  }
  if (!underWay && !(await signingKeys.publish(next, active.kid))) return refuse(next)
  if (!early) return next
  const done = await signingKeys.activate(next.kid, { activatedAt: now, removeAt: now + retiredForSeconds, early })
  return done?.activated ?? refuse(next)
}

const refuse = ({ algorithm }: SigningKey): never => {
  throw new KeyChangeRefused('changed_meanwhile', `the ${algorithm} keys were changed at the same time; look again`)
}

/** How long a token that was issued under a key can still be within its lifetime. Seconds. */
export const tokensLiveFor = ({ status, retiredAt }: SigningKey, now: number): number => {
  if (status === 'published') return 0
  if (status === 'active' || retiredAt === undefined) return tokensLiveForSeconds
  return Math.max(0, retiredAt + replicaLagSeconds + tokensLiveForSeconds - now)
}
