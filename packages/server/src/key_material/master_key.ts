/** The master key: 32 random bytes, given by the operator or kept in the data folder with mode 0600. */
import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Randomness } from '@credence/protocol'
import type { Configuration } from '../configuration/configuration.ts'
import { ConfigurationError } from '../configuration/configuration_error.ts'
import { howToMakeMasterKey, masterKeyLength, readMasterKey } from './master_key_text.ts'

export interface MasterKeys {
  readonly current: Uint8Array
  /** While the master key is being changed: the one before. */
  readonly previous: Uint8Array | undefined
}

/**
 * The master key, and during a change of it the previous one.
 *
 * @throws {ConfigurationError} as {@link loadMasterKey} does; the previous key has to be as good as any
 */
export const loadMasterKeys = async (
  { masterKey, masterKeyPrevious, data }: Pick<Configuration, 'masterKey' | 'masterKeyPrevious' | 'data'>,
  { mayCreate, randomness }: { readonly mayCreate: boolean; readonly randomness: Randomness },
): Promise<MasterKeys> => {
  const previous =
    masterKeyPrevious === undefined ? undefined : parseMasterKey(masterKeyPrevious, 'CREDENCE_MASTER_KEY_PREVIOUS')
  // a key that is made now is not one that anything could have been changed to
  const source = { given: masterKey, dataFolder: data, mayCreate: mayCreate && previous === undefined }
  return { current: await loadMasterKey(source, randomness), previous }
}

export interface MasterKeySource {
  /** The value of CREDENCE_MASTER_KEY: 32 bytes in base64 or hex. */
  readonly given: string | undefined
  readonly dataFolder: string
  /** Whether a missing key may be made and written to `master.key`. */
  readonly mayCreate: boolean
}

/**
 * Returns the operator's key, or that of `master.key`, or makes one where that is allowed.
 *
 * @throws {ConfigurationError} when the key is malformed, too weak to be random, readable by others, or missing.
 */
export const loadMasterKey = async (source: MasterKeySource, randomness: Randomness): Promise<Uint8Array> => {
  if (source.given !== undefined) return parseMasterKey(source.given, 'CREDENCE_MASTER_KEY')
  const file = join(source.dataFolder, 'master.key')
  const stored = await readIfPresent(file)
  if (stored !== undefined) return parseMasterKey(stored, file)
  if (!source.mayCreate) {
    throw new ConfigurationError([
      `no master key: a server that listens beyond this machine needs CREDENCE_MASTER_KEY, CREDENCE_MASTER_KEY_FILE or ${file}; ${howToMakeMasterKey}`,
    ])
  }
  return createMasterKey(file, randomness)
}

/** @throws {ConfigurationError} when it is not 32 bytes in base64 or hex, or is no random key. */
export const parseMasterKey = (text: string, origin: string): Uint8Array => {
  try {
    return readMasterKey(text)
  } catch (error) {
    throw new ConfigurationError([`${origin} ${error instanceof Error ? error.message : 'cannot be used'}`])
  }
}

const readIfPresent = async (file: string): Promise<string | undefined> => {
  try {
    const { mode } = await stat(file)
    if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
      throw new ConfigurationError([`${file} can be read by others; run: chmod 600 ${file}`])
    }
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

const createMasterKey = async (file: string, randomness: Randomness): Promise<Uint8Array> => {
  const key = randomness.bytes(masterKeyLength)
  // wx: never overwrite a key that another process has just made
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(`${Buffer.from(key).toString('base64')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return key
}
