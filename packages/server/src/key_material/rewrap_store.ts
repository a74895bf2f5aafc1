/** Changes the master key of a store without starting a server on it. */
import { type Clock, type Randomness, systemClock, systemRandomness } from '@credence/protocol'
import { openStorage } from '@credence/storage'
import { createAuditLog } from '../audit/audit_log.ts'
import { createAuditKey } from '../audit/audit_seal.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { ConfigurationError } from '../configuration/configuration_error.ts'
import { databaseOf } from '../configuration/database_location.ts'
import { loadMasterKeys } from './master_key.ts'
import { rewrapSecrets } from './master_key_change.ts'
import { explainWrongKey, UnsealError } from './sealing.ts'
import { loadServerKeys } from './server_keys.ts'
import { createSealing } from './start_signing_keys.ts'

/**
 * Seals under the master key whatever only the previous one opens. A server may run on the store meanwhile.
 *
 * @returns how many secrets were sealed anew
 * @throws {ConfigurationError} when there is no previous key, or something that neither key opens
 */
export const rewrapStore = async (
  configuration: Configuration,
  {
    clock = systemClock,
    randomness = systemRandomness,
  }: { readonly clock?: Clock; readonly randomness?: Randomness } = {},
): Promise<number> => {
  const { sealer, change } = createSealing(
    await loadMasterKeys(configuration, { mayCreate: false, randomness }),
    randomness,
  )
  if (change === undefined) {
    throw new ConfigurationError([
      'no previous master key: give the new one in CREDENCE_MASTER_KEY and the old one in CREDENCE_MASTER_KEY_PREVIOUS, or both by _FILE',
    ])
  }
  const storage = await openStorage({ database: databaseOf(configuration), clock })
  try {
    const serverKeys = await loadServerKeys(storage.sealedKeys, sealer, { clock, randomness })
    const audit = createAuditLog({ storage, seal: createAuditKey(serverKeys.audit_checkpoint), clock })
    return await rewrapSecrets(audit, change)
  } catch (error) {
    throw error instanceof UnsealError ? new ConfigurationError([explainWrongKey], { cause: error }) : error
  } finally {
    await storage.close()
  }
}
