/** The command `credence` as a process of its own, run from source. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

export const repository = join(import.meta.dirname, '../..')

/** What comes before the arguments of `credence`. */
export const credenceCommand = ['--conditions=@credence/source', join(repository, 'packages/cli/src/main.ts')]

export type Environment = Readonly<Record<string, string>>

/** This process's environment without what would configure Credence. */
const cleanEnvironment = (added: Environment): Environment => ({
  ...(Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(CREDENCE_|NODE_TEST_CONTEXT$|NODE_OPTIONS$)/.test(name)),
  ) as Environment),
  ...added,
})

export interface SpawnedCredence {
  readonly process: ChildProcess
  /** Resolves to the exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>
  readonly stdout: () => string
  readonly stderr: () => string
}

/** A test that fails halfway leaves its servers behind: the file ends them, or it would never end itself. */
const running = new Set<SpawnedCredence>()
after(async () => {
  for (const { process: child } of running) child.kill('SIGTERM')
  await Promise.all([...running].map(({ ended }) => ended))
})

/** Starts `credence` with these arguments. It ends when the test file does, at the latest. */
export const spawnCredence = (
  args: readonly string[],
  { environment = {}, cwd = repository }: { readonly environment?: Environment; readonly cwd?: string } = {},
): SpawnedCredence => {
  const child = spawn(process.execPath, [...credenceCommand, ...args], {
    cwd,
    env: cleanEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code]) => {
    process.off('exit', kill)
    running.delete(spawned)
    return code as number | null
  })
  const spawned: SpawnedCredence = { process: child, ended, stdout: () => stdout, stderr: () => stderr }
  running.add(spawned)
  return spawned
}

/** A temporary folder that is removed by `dispose`. */
export const makeFolder = async (): Promise<{ readonly path: string; readonly dispose: () => Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'credence-e2e-'))
  return { path, dispose: () => rm(path, { recursive: true, force: true }) }
}
