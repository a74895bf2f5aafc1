/** A Credence server under measurement: the command as a user runs it, on an empty data folder that is gone afterwards. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pidOf, readReady, serverCore, spawnNode, stop } from './processes.ts'
import { audience, clientId, scope } from './servers/request.ts'

const command = fileURLToPath(new URL('../packages/cli/bin/credence.js', import.meta.url))

export interface RunningCredence {
  readonly pid: number
  readonly publicUrl: string
  readonly data: string
  /** Runs `credence ARGS --json` against it and returns what that prints. */
  run(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>>
  stop(): Promise<void>
  /** Stops it and removes its data folder. */
  remove(): Promise<void>
}

export const createDataFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'credence-bench-'))

/** Starts `credence serve` on the server's core and waits until it says that it is ready. */
export const startCredence = async (data: string, args: readonly string[] = []): Promise<RunningCredence> => {
  const options = ['--port', '0', '--management-port', '0', '--json', '--data', data, ...args]
  const child = spawnNode(serverCore, [command, 'serve', ...options])
  const { public_url: publicUrl } = await readReady(child)
  return {
    pid: pidOf(child),
    publicUrl: String(publicUrl),
    data,
    run: async (...args) => {
      const { stdout } = await promisify(execFile)(process.execPath, [command, ...args, '--json', '--data', data])
      return JSON.parse(stdout)
    },
    stop: () => stop(child),
    remove: async () => {
      await stop(child)
      await rm(data, { recursive: true })
    },
  }
}

/** Makes the API and the client of the request known to it, the scope granted. Returns the client's secret. */
export const registerClient = async ({ run }: RunningCredence): Promise<string> => {
  await run('api', 'create', audience, '--scope', scope)
  const created = await run('client', 'create', clientId, '--grant', `${audience}=${scope}`)
  return String(created.client_secret)
}
