/** The data folder, made where there is none: readable by its owner alone. */
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConfigurationError } from './configuration/configuration_error.ts'

/**
 * Makes the folder and those it is in.
 *
 * One after the other: mkdir's own `recursive` never ends where the file system answers that a folder cannot be there, as
 * that of /proc does.
 *
 * @param folder an absolute path
 * @throws {ConfigurationError} when it is a file or cannot be made.
 */
export const makeDataFolder = async (folder: string): Promise<void> => {
  try {
    await makeFolder(folder)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it failed'
    throw new ConfigurationError([`data: the folder ${folder} cannot be made (${why})`], { cause: error })
  }
}

const makeFolder = async (folder: string): Promise<void> => {
  if (await isFolder(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) await makeFolder(parent)
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    // another process may have made it meanwhile
    if (!(await isFolder(folder))) throw error
  }
}

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
