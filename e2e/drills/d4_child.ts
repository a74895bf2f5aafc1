/**
 * A replica that lives through rotation, revocation and change of the master key over and over, and stops where it is told to be killed.
 *
 * Prints `at TIME` as its time goes on, `signed KID TIME`, `revoking KID`, and `here` where it waits to be killed.
 */
import { writeSync } from 'node:fs'
import { type Clock, systemRandomness } from '@credence/protocol'
import { openStorage, type SigningAlgorithm } from '@credence/storage'
import { type AuditLog, createAuditLog } from '../../packages/server/src/audit/audit_log.ts'
import { createAuditKey } from '../../packages/server/src/audit/audit_seal.ts'
import { createKeyRing } from '../../packages/server/src/key_material/key_ring.ts'
import { takeDueKeySteps } from '../../packages/server/src/key_material/key_schedule.ts'
import { publishedForSeconds, retiredForSeconds } from '../../packages/server/src/key_material/key_times.ts'
import { createOverlappingSealer, rewrapSecrets } from '../../packages/server/src/key_material/master_key_change.ts'
import { createSealer } from '../../packages/server/src/key_material/sealing.ts'
import { generateSigningKey } from '../../packages/server/src/key_material/signing_key.ts'

const [file = '', start = '0', stopAtAction = '', stopWhen = ''] = process.argv.slice(2)

const say = (line: string) => writeSync(1, `${line}\n`)

let now = Number(start)
const clock: Clock = { epochSeconds: () => now, monotonicMs: () => now * 1000 }
const advance = (seconds: number) => {
  now += seconds
  say(`at ${now}`)
}

const waitToBeKilled = () => {
  say('here')
  return new Promise<never>(() => setInterval(() => {}, 1000))
}

const storage = await openStorage({ database: { kind: 'sqlite', file }, clock })
const seal = createAuditKey(new Uint8Array(32).fill(7))
const log = createAuditLog({ storage, seal, clock })

/** Stops before the commit of the transaction that holds the action, or right after it. */
const audit: AuditLog = {
  ...log,
  async transaction(work) {
    let isTheOne = false
    const result = await log.transaction(async (stores, append) => {
      const done = await work(stores, (event) => {
        isTheOne ||= event.action === stopAtAction
        append(event)
      })
      if (isTheOne && stopWhen === 'before commit') await waitToBeKilled()
      return done
    })
    if (isTheOne && stopWhen === 'after commit') await waitToBeKilled()
    return result
  },
}

const masterKey = (seed: number) =>
  createSealer(
    Uint8Array.from({ length: 32 }, (_, at) => at * seed),
    systemRandomness,
  )
const [one, other] = [masterKey(3), masterKey(5)]
const sealer = createOverlappingSealer(one, other)
const store = storage.signingKeys
const deps = { store, audit, sealer, clock, rotateAfterSeconds: 86_400 }
const ring = await createKeyRing({ ...deps, onError: (error) => say(`error ${error}`) })

const algorithms: readonly SigningAlgorithm[] = ['ES256', 'EdDSA']

/** Signs first with what it knew, as a replica does that has not heard of the change yet, and then with what is. */
const sign = async () => {
  for (const isLate of [true, false]) {
    if (!isLate) await ring.reload()
    for (const algorithm of algorithms) {
      const signer = await ring.signerFor(algorithm)
      await signer.sign('input')
      say(`signed ${signer.kid} ${now}`)
    }
  }
}

const revoke = async () => {
  const active = (await store.list()).find(({ status }) => status === 'active')
  if (active === undefined) return
  const replacement = await generateSigningKey(active.algorithm, sealer, now)
  say(`revoking ${active.kid}`)
  await audit.transaction(async ({ signingKeys }, append) => {
    await signingKeys.revoke(active.kid, replacement)
    append({ action: 'signing_key.revoke', subject: active.kid, actor: 'local', outcome: 'done', details: {} })
  })
  // it says so before it signs again: a lagging signature under a revoked key is refused, which is what is wanted
  await ring.reload()
}

/** Seconds after a key was retired: tokens under it are alive, so that it must not be removed yet. */
const clearlyTooSoon = 120

say(`at ${now}`)
for (;;) {
  await sign()
  for (const seconds of [86_400 - publishedForSeconds, publishedForSeconds, clearlyTooSoon, retiredForSeconds]) {
    // no longer than a replica signs without having read the keys
    for (let left = seconds; left > 0; left -= 3000) {
      await ring.reload()
      advance(Math.min(left, 3000))
    }
    await takeDueKeySteps(deps)
    await sign()
  }
  await rewrapSecrets(audit, { current: other, previous: one })
  await rewrapSecrets(audit, { current: one, previous: other })
  await revoke()
}
