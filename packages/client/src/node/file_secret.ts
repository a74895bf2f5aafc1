/** The secret in a file: read again when it changes, and written safely where this client replaces it itself. Node only. */
import { open, realpath, rename, rm } from 'node:fs/promises'
import { parseSecretText, writeSecretDocument } from '../secret_sources/secret_document.ts'
import type { Secret, SecretStore } from '../secret_sources/secret_source.ts'
import { createSecretStore, type SecretStoreOptions } from '../secret_sources/secret_store.ts'
import { watchFile } from './watched_file.ts'

export interface FileSecretOptions extends Omit<SecretStoreOptions, 'reloadAfterSeconds'> {
  /** The file with the secret before, if there is one. */
  readonly previousPath?: string | undefined
  /** The member of a JSON file that holds the secret. Default: `client_secret`. */
  readonly field?: string | undefined
}

export interface FileSecret extends SecretStore {
  /** Replaces the file by one that holds this secret and the one before, in JSON: readable by its owner only, whole or not at all. */
  readonly write: (secret: Secret) => Promise<void>
}

/**
 * A source that looks at its file before every use, and reads it when it has changed: a mounted secret that Kubernetes swaps, a
 * file that an agent writes. While the file is missing, empty or cut short, what it held last is used (`keepForSeconds`).
 *
 * The file holds the secret alone, or a JSON object such as `credence client create --json` prints.
 *
 * It is also where managed rotation writes: `managedRotation: { writeTo: file }`.
 */
export const fileSecret = (path: string, options: FileSecretOptions = {}): FileSecret => {
  const { previousPath, field } = options
  const read = watchFile(path)
  const readPrevious = previousPath === undefined ? undefined : watchFile(previousPath)

  const store = createSecretStore(
    async () => {
      const secret = parseSecretText((await read()).text, { where: path, field })
      const before = await readPrevious?.().catch(() => undefined)
      const previous = before === undefined ? undefined : parseSecretText(before.text, { where: String(previousPath) })
      return { ...secret, previous: secret.previous ?? previous?.current }
    },
    { ...options, reloadAfterSeconds: 0 },
  )
  return { ...store, write: (secret) => writeWhole(path, writeSecretDocument(secret)) }
}

/**
 * Writes beside the file and renames over it, with everything on the disk before and after: whoever reads finds the old text or the
 * new one, also after a power cut. A symbolic link stays one.
 */
const writeWhole = async (path: string, text: string): Promise<void> => {
  const target = await realpath(path).catch(() => path)
  const beside = `${target}.${crypto.randomUUID()}.tmp`
  try {
    {
      await using file = await open(beside, 'wx', 0o600)
      await file.writeFile(text)
      await file.sync()
    }
    await rename(beside, target)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
  await using folder = await open(target.replace(/[^/\\]*$/, '') || '.', 'r')
  await folder.sync()
}
