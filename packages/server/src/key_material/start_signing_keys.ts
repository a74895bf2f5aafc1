/** Brings the signing keys to life: sealed under the right master key, at least one to sign with, and their schedule running. */
import type { Clock, Randomness } from '@credence/protocol'
import type { Storage } from '@credence/storage'
import type { Logger } from 'pino'
import type { AuditLog } from '../audit/audit_log.ts'
import { createKeyRing, type KeyRing } from './key_ring.ts'
import { followKeySchedule } from './key_schedule.ts'
import type { MasterKeys } from './master_key.ts'
import { createOverlappingSealer, type MasterKeyChange, rewrapSecrets } from './master_key_change.ts'
import { createSealer, type Sealer } from './sealing.ts'
import type { OpenSigner } from './signing_key.ts'

/** What seals and opens secrets at rest. */
export interface Sealing {
  readonly sealer: Sealer
  /** Undefined unless the master key is being changed. */
  readonly change: MasterKeyChange | undefined
}

export const createSealing = ({ current, previous }: MasterKeys, randomness: Randomness): Sealing => {
  const sealer = createSealer(current, randomness)
  if (previous === undefined) return { sealer, change: undefined }
  const change = { current: sealer, previous: createSealer(previous, randomness) }
  return { sealer: createOverlappingSealer(change.current, change.previous), change }
}

export interface SigningKeySettings {
  /** off: a key is replaced only when somebody says so. */
  readonly rotationDays: number | 'off'
  /** In place of private keys in this process. */
  readonly openSigner?: OpenSigner | undefined
}

export interface SigningKeysDeps {
  readonly storage: Storage
  readonly audit: AuditLog
  readonly sealing: Sealing
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: SigningKeySettings
}

export interface SigningKeys {
  readonly ring: KeyRing
  /** Stops the schedule. */
  stop(): Promise<void>
}

const secondsPerDay = 86_400

/** @throws {UnsealError} when no master key that was given opens what the store has sealed. */
export const startSigningKeys = async (deps: SigningKeysDeps): Promise<SigningKeys> => {
  const { storage, audit, clock, logger, settings } = deps
  const { sealer, change } = deps.sealing
  if (change !== undefined) await changeMasterKey(audit, change, logger)
  const onError = (error: unknown) => logger.error({ err: error }, 'the signing keys could not be looked after')
  const store = storage.signingKeys
  const ring = await createKeyRing({ store, audit, sealer, clock, openSigner: settings.openSigner, onError })
  // made at the start and not at the first request, so that it is in the key set before anybody reads that
  await ring.signerFor('ES256')
  const rotateAfterSeconds = settings.rotationDays === 'off' ? undefined : settings.rotationDays * secondsPerDay
  return { ring, stop: followKeySchedule(ring, { store, audit, sealer, clock, rotateAfterSeconds }, onError) }
}

const changeMasterKey = async (audit: AuditLog, change: MasterKeyChange, logger: Logger): Promise<void> => {
  const sealedAnew = await rewrapSecrets(audit, change)
  logger.warn(
    { sealed_anew: sealedAnew },
    'everything in the database is sealed under the master key; the previous one opens nothing there any more. ' +
      'When all servers have the new key, take the previous one out of their configuration',
  )
}
