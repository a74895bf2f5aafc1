/** Secrets for declared clients that have none: each into a file of its own that only its owner can read, and nowhere else. */
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../cli_error.ts'
import { type ManagementClient, pathOf } from '../management/management_client.ts'
import type { WrittenSecret } from './outcome.ts'

interface NewSecret {
  readonly credential_id: string
  readonly client_secret: string
}

/** One after the other. What has been written stays when a later one fails, and is not made again the next time. */
export const createSecrets = async (
  management: ManagementClient,
  { clientIds, folder }: { readonly clientIds: readonly string[]; readonly folder: string },
): Promise<readonly WrittenSecret[]> => {
  if (clientIds.length > 0) await mkdir(folder, { recursive: true, mode: 0o700 })
  const written: WrittenSecret[] = []
  for (const clientId of clientIds) {
    // a client id may hold a slash
    written.push(await createSecret(management, clientId, join(folder, encodeURIComponent(clientId))))
  }
  return written
}

/** The file comes first: a secret is shown once, and one that could not be kept would be lost. */
const createSecret = async (management: ManagementClient, clientId: string, file: string): Promise<WrittenSecret> => {
  const handle = await openNew(file)
  let made: NewSecret | undefined
  try {
    made = await management.post<NewSecret>(pathOf`/clients/${clientId}/credentials`, { label: 'credence apply' })
    await handle.writeFile(made.client_secret)
    await handle.sync()
    return { client_id: clientId, credential_id: made.credential_id, file }
  } catch (error) {
    await rm(file, { force: true })
    // nobody has it, so nobody may use it
    if (made !== undefined) await management.delete(pathOf`/clients/${clientId}/credentials/${made.credential_id}`)
    throw error
  } finally {
    await handle.close()
  }
}

const openNew = async (file: string): Promise<FileHandle> => {
  try {
    return await open(file, 'wx', 0o600)
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    const why = isThere ? 'it exists already; move it away' : error instanceof Error ? error.message : String(error)
    throw new CliError('secret_not_written', `${file}: ${why}. The declaration has been applied.`, { cause: error })
  }
}
