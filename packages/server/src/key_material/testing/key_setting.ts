/** The setting of the signing key tests: a store on a file, a clock to move by hand, and any number of replicas over them. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemRandomness } from '@credence/protocol'
import { openStorage, type SigningKey, type Storage } from '@credence/storage'
import { createAuditLog } from '../../audit/audit_log.ts'
import { createAuditKey } from '../../audit/audit_seal.ts'
import { createKeyRing, type KeyRing } from '../key_ring.ts'
import { type KeyScheduleDeps, takeDueKeySteps } from '../key_schedule.ts'
import { createSealer, type Sealer } from '../sealing.ts'
import type { OpenSigner } from '../signing_key.ts'

export const day = 86_400

export interface ManualClock extends Clock {
  now: number
}

export const createManualClock = (now = 1_800_000_000): ManualClock => ({
  now,
  epochSeconds() {
    return this.now
  },
  monotonicMs() {
    return this.now * 1000
  },
})

export interface Replica extends KeyScheduleDeps {
  readonly storage: Storage
  readonly errors: unknown[]
  /** One round of the schedule. Returns how many steps it took. */
  round(): Promise<number>
  startRing(openSigner?: OpenSigner): Promise<KeyRing>
}

export interface KeySetting {
  readonly clock: ManualClock
  readonly sealer: Sealer
  readonly file: string
  replica(changed?: { readonly sealer?: Sealer; readonly rotateAfterSeconds?: number | undefined }): Promise<Replica>
  remove(): Promise<void>
}

export const createKeySetting = async (): Promise<KeySetting> => {
  const folder = await mkdtemp(join(tmpdir(), 'credence-keys-'))
  const file = join(folder, 'credence.db')
  const clock = createManualClock()
  const sealer = createSealer(randomBytes(32), systemRandomness)
  const seal = createAuditKey(randomBytes(32))
  const opened: Storage[] = []
  return {
    clock,
    sealer,
    file,
    async replica(changed = {}) {
      const storage = await openStorage({ database: { kind: 'sqlite', file }, clock })
      opened.push(storage)
      const audit = createAuditLog({ storage, seal, clock })
      const errors: unknown[] = []
      const deps = { store: storage.signingKeys, audit, sealer, clock, rotateAfterSeconds: 30 * day, ...changed }
      return {
        ...deps,
        storage,
        errors,
        round: () => takeDueKeySteps(deps),
        startRing: (openSigner) => createKeyRing({ ...deps, openSigner, onError: (error) => errors.push(error) }),
      }
    },
    async remove() {
      for (const storage of opened) await storage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A test function that gets a setting of its own. */
export const withKeys = (test: (setting: KeySetting) => Promise<void>) => async () => {
  const setting = await createKeySetting()
  try {
    await test(setting)
  } finally {
    await setting.remove()
  }
}

/** `ES256 active, ES256 published`, in the order they were made. */
export const statusesOf = async ({ store }: Pick<Replica, 'store'>): Promise<string> =>
  (await store.list()).map(({ algorithm, status }: SigningKey) => `${algorithm} ${status}`).join(', ')
