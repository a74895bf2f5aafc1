/** The schedule of the signing keys: publish the next one, activate it, retire the last one, remove it. RFC 7517 §5. */
import type { Clock } from '@credence/protocol'
import type { SigningKey, SigningKeyStore } from '@credence/storage'
import type { AuditLog } from '../audit/audit_log.ts'
import { keyEvent } from './key_events.ts'
import type { KeyRing } from './key_ring.ts'
import { publishedForSeconds, retiredForSeconds } from './key_times.ts'
import type { Sealer } from './sealing.ts'
import { asPublished, generateSigningKey } from './signing_key.ts'

export interface KeyScheduleDeps {
  readonly store: SigningKeyStore
  readonly audit: AuditLog
  readonly sealer: Sealer
  readonly clock: Clock
  /** An active key of this age is replaced; undefined: only when somebody says so. Steps under way are always finished. */
  readonly rotateAfterSeconds: number | undefined
}

/**
 * Takes every step that is due, once.
 *
 * Each step is one compare-and-swap on what the rows say, so that any number of replicas may do this at once, and one that
 * dies between two steps leaves the next to whoever comes by.
 *
 * @returns how many steps were taken here
 */
export const takeDueKeySteps = async (deps: KeyScheduleDeps): Promise<number> => {
  const now = deps.clock.epochSeconds()
  const keys = await deps.store.list()
  let taken = 0
  for (const key of keys) {
    if (key.status === 'retired' && isDue(key.removeAt, now)) taken += await remove(key, deps)
    if (key.status === 'published' && isDue(key.activateAt, now)) taken += await activate(key, deps)
    if (key.status === 'active' && isReplacementDue(key, keys, deps)) taken += await publishNext(key, deps)
  }
  return taken
}

const isDue = (deadline: number | undefined, now: number): boolean => deadline !== undefined && deadline <= now

/** The next key is published ahead, so that it begins to sign when this one is as old as it may get. */
const isReplacementDue = (
  active: SigningKey,
  keys: readonly SigningKey[],
  { rotateAfterSeconds, clock }: KeyScheduleDeps,
): boolean => {
  if (rotateAfterSeconds === undefined) return false
  const since = active.activatedAt ?? active.createdAt
  return (
    clock.epochSeconds() >= since + rotateAfterSeconds - publishedForSeconds &&
    !keys.some(({ algorithm, status }) => algorithm === active.algorithm && status === 'published')
  )
}

const publishNext = async (active: SigningKey, { audit, sealer, clock }: KeyScheduleDeps): Promise<number> => {
  const now = clock.epochSeconds()
  const next = asPublished(await generateSigningKey(active.algorithm, sealer, now), now + publishedForSeconds)
  return audit.transaction(async ({ signingKeys }, append) => {
    if (!(await signingKeys.publish(next, active.kid))) return 0
    append(keyEvent('publish', next))
    return 1
  })
}

const activate = ({ kid }: SigningKey, { audit, clock }: KeyScheduleDeps): Promise<number> => {
  const activatedAt = clock.epochSeconds()
  return audit.transaction(async ({ signingKeys }, append) => {
    const done = await signingKeys.activate(kid, { activatedAt, removeAt: activatedAt + retiredForSeconds })
    if (done === undefined) return 0
    if (done.retired !== undefined) append(keyEvent('retire', done.retired))
    append(keyEvent('activate', done.activated))
    return 1
  })
}

const remove = (key: SigningKey, { audit, clock }: KeyScheduleDeps): Promise<number> =>
  audit.transaction(async ({ signingKeys }, append) => {
    if (!(await signingKeys.remove(key.kid, clock.epochSeconds()))) return 0
    append(keyEvent('remove', key))
    return 1
  })

/** Milliseconds. Also how often a replica makes sure that the keys it signs with still are the active ones. */
const roundIntervalMs = 10_000

/** Runs the schedule and keeps the key ring at what the store says. Returns what stops it, and waits for a round under way. */
export const followKeySchedule = (
  ring: Pick<KeyRing, 'reload'>,
  deps: KeyScheduleDeps,
  onError: (error: unknown) => void,
): (() => Promise<void>) => {
  let underWay: Promise<void> | undefined
  const round = async () => {
    try {
      await takeDueKeySteps(deps)
      await ring.reload()
    } catch (error) {
      onError(error)
    } finally {
      underWay = undefined
    }
  }
  const timer = setInterval(() => {
    underWay ??= round()
  }, roundIntervalMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await underWay
  }
}
