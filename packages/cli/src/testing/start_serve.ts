/** A server of a test's own: `credence serve` in a folder that is gone afterwards. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { collect, type Outcome, type RunOptions, runCredence, spawnCredence } from './run_credence.ts'

export interface ReadyEvent {
  readonly event: 'ready'
  readonly issuer: string
  readonly public_url: string
  readonly management_url: string
  readonly data: string
  readonly pid: number
}

export interface TestServer {
  readonly ready: ReadyEvent
  /** Runs a command against this server, over its local socket. */
  run(words: readonly string[], options?: RunOptions): Promise<Outcome>
  /** The same with --json: what it printed, parsed. @throws when the exit code is not 0. */
  runJson(words: readonly string[], options?: RunOptions): Promise<Record<string, unknown>>
  /** Its standard error so far. */
  log(): string
  /** SIGTERM. @returns the exit code */
  stop(): Promise<number | null>
}

/** An empty folder for a test. */
export const createFolder = () => mkdtemp(join(tmpdir(), 'credence-test-'))

export const startServe = async (words: readonly string[] = []): Promise<TestServer> => {
  const folder = await createFolder()
  const child = spawnCredence(['serve', '--port', '0', '--management-port', '0', '--data', folder, '--json', ...words])
  const complaints = collect(child.stderr)
  const closed = once(child, 'close')
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => String(text)),
    closed.then(([code]) => Promise.reject(new Error(`serve ended with ${code}: ${complaints.text}`))),
  ])
  const ready = JSON.parse(line) as ReadyEvent
  const run: TestServer['run'] = (given, options) =>
    runCredence(given, { ...options, environment: { CREDENCE_DATA: folder, ...options?.environment } })
  return {
    ready,
    run,
    async runJson(given, options) {
      const { code, stdout, stderr } = await run([...given, '--json'], options)
      if (code !== 0) throw new Error(`credence ${given.join(' ')} ended with ${code}: ${stderr}`)
      return JSON.parse(stdout) as Record<string, unknown>
    },
    log: () => complaints.text,
    async stop() {
      child.kill('SIGTERM')
      const [code] = await closed
      await rm(folder, { recursive: true, force: true })
      return code
    },
  }
}
