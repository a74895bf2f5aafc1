/** What `credence backup` and `credence restore` do. */
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { type DatabaseLocation, restoreStorage, StoreError } from '@credence/storage'
import { CliError, usageError } from '../cli_error.ts'
import { openManagement } from '../management/management_client.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { formatTime } from '../terminal/times.ts'
import type { JsonOption, ManagementOptions } from './command_options.ts'

/**
 * Writes a backup beside its name and gives it that name when it is whole and on the disk.
 *
 * @throws {CliError} `already_exists`, `bad_backup`
 */
export const backUp = async (file: string, { data, json }: ManagementOptions): Promise<void> => {
  if (await exists(file)) throw new CliError('already_exists', `${file} exists already; name a new file`)
  const management = await openManagement(data)
  const partial = `${file}.partial`
  await rm(partial, { force: true })
  const handle = await open(partial, 'wx', 0o600)
  try {
    await management.download('/backup', (body) => pipeline(body, writeTo(handle)))
    await handle.sync()
    const rows = await countRows(partial)
    const { size } = await handle.stat()
    await rename(partial, file)
    await syncFolder(dirname(file))
    if (json) printJson({ file, rows, bytes: size })
    else printLines([`${rows} rows in ${file}, ${size} bytes`, withoutKey])
  } finally {
    await handle.close()
    await rm(partial, { force: true })
  }
}

const withoutKey = 'The master key is not in it. Keep that elsewhere: a restored server needs the same one.'

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  )

/** Writes in order and leaves the file open. */
const writeTo = (handle: FileHandle) => async (chunks: AsyncIterable<Buffer>) => {
  for await (const chunk of chunks) await handle.writeFile(chunk)
}

const syncFolder = async (folder: string) => {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/** The number that its last line says. @throws {CliError} `bad_backup` when it has none, as one that was cut off. */
const countRows = async (file: string): Promise<number> => {
  let last = ''
  for await (const line of readLines(file)) last = line
  const { rows } = JSON.parse(last) as { rows?: unknown }
  if (typeof rows !== 'number') throw new CliError('bad_backup', 'the server did not send all of the backup; try again')
  return rows
}

/** @throws {CliError} `bad_backup` */
async function* readLines(file: string): AsyncGenerator<string> {
  const input = createReadStream(file).on('error', (error) => unzipped.destroy(error))
  const unzipped = input.pipe(createGunzip())
  try {
    yield* createInterface({ input: unzipped, crlfDelay: Number.POSITIVE_INFINITY })
  } catch (error) {
    throw new CliError('bad_backup', `${file}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

interface RestoreFlags extends JsonOption {
  readonly data?: string
  readonly databaseUrl?: string
  readonly force?: true
}

/** @throws {CliError} with the code of what the store refused */
export const restore = async (file: string, { data, databaseUrl, force, json }: RestoreFlags): Promise<void> => {
  const database = await locate(data, databaseUrl)
  try {
    const { rows, created_at, about } = await restoreStorage(readLines(file), { database, force: force === true })
    if (json) return printJson({ rows, created_at, ...about })
    printLines([
      `${rows} rows restored, as of ${formatTime(created_at)}, of ${about.issuer ?? 'an unknown issuer'}`,
      'The server needs the master key of the one that was backed up before it starts:',
      data === undefined
        ? '  give it in CREDENCE_MASTER_KEY or CREDENCE_MASTER_KEY_FILE'
        : `  as ${join(data, 'master.key')} (mode 0600), or in CREDENCE_MASTER_KEY or CREDENCE_MASTER_KEY_FILE`,
    ])
  } catch (error) {
    if (error instanceof StoreError) throw new CliError(error.code, error.message, { cause: error })
    throw error
  }
}

/** @throws {CliError} `in_use` when a server runs on the data folder */
const locate = async (data: string | undefined, databaseUrl: string | undefined): Promise<DatabaseLocation> => {
  if (data !== undefined && databaseUrl !== undefined) throw usageError('give --data or --database-url, not both')
  if (data === undefined) {
    const url = databaseUrl ?? process.env.CREDENCE_DATABASE_URL
    if (url === undefined) throw usageError('say where to: --data FOLDER, --database-url URL or CREDENCE_DATABASE_URL')
    return { kind: 'postgres', url }
  }
  await mkdir(data, { recursive: true, mode: 0o700 })
  const answers = await openManagement(data)
    .then((management) => management.get('/server'))
    .then(
      () => true,
      () => false,
    )
  if (answers) throw new CliError('in_use', `a server runs on ${data}: stop it first`)
  return { kind: 'sqlite', file: join(data, 'credence.db') }
}
