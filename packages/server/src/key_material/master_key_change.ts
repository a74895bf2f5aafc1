/** A change of the master key: what opens only under the previous one is sealed anew under the new one, in one transaction. */
import type { Stores } from '@credence/storage'
import type { AuditLog } from '../audit/audit_log.ts'
import { type Sealer, UnsealError } from './sealing.ts'
import { serverKeyContext } from './server_keys.ts'
import { signingKeyContext } from './signing_key.ts'

/** A sealer that seals under one master key and opens what either has sealed, for as long as both are in use. */
export const createOverlappingSealer = (current: Sealer, previous: Sealer): Sealer => ({
  seal: current.seal,
  open: (sealed, context) => (opens(current, sealed, context) ? current : previous).open(sealed, context),
})

const opens = (sealer: Sealer, sealed: Uint8Array, context: string): boolean => {
  try {
    sealer.open(sealed, context).fill(0)
    return true
  } catch (error) {
    if (error instanceof UnsealError) return false
    throw error
  }
}

export interface MasterKeyChange {
  readonly current: Sealer
  readonly previous: Sealer
}

/**
 * Seals anew whatever the current key does not open. May be interrupted and repeated at will: all of it is stored or nothing.
 *
 * Servers that run meanwhile need both keys only for what they have not opened yet.
 *
 * @returns how many secrets were sealed anew
 * @throws {UnsealError} when there is something that neither key opens; then nothing has changed
 */
export const rewrapSecrets = (audit: AuditLog, sealers: MasterKeyChange): Promise<number> =>
  audit.transaction(async (stores, append) => {
    const stale = (await listSealed(stores)).filter(({ sealed, context }) => !opens(sealers.current, sealed, context))
    for (const { sealed, context, store } of stale) {
      const plaintext = sealers.previous.open(sealed, context)
      await store(sealers.current.seal(plaintext, context))
      plaintext.fill(0)
    }
    if (stale.length > 0) {
      const details = { sealed_anew: stale.length }
      append({ action: 'master_key.change', subject: 'server', actor: 'server', outcome: 'done', details })
    }
    return stale.length
  })

interface SealedSecret {
  readonly sealed: Uint8Array
  readonly context: string
  readonly store: (sealed: Uint8Array) => Promise<void>
}

/** Everything in the store that a master key has sealed. */
const listSealed = async ({ sealedKeys, signingKeys }: Stores): Promise<readonly SealedSecret[]> => [
  ...(await sealedKeys.list()).map(({ purpose, sealed }) => ({
    sealed,
    context: serverKeyContext(purpose),
    store: (anew: Uint8Array) => sealedKeys.reseal(purpose, anew),
  })),
  ...(await signingKeys.list())
    // a retired key has no private half any more
    .filter(({ status }) => status !== 'retired')
    .map(({ kid, sealedPrivateKey }) => ({
      sealed: sealedPrivateKey,
      context: signingKeyContext(kid),
      store: (anew: Uint8Array) => signingKeys.reseal(kid, anew),
    })),
]
