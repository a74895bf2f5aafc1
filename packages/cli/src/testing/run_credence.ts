/** Runs the command line as its users do: a process of its own, judged by its output and exit code. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string
  readonly cwd?: string
}

const program = fileURLToPath(new URL('../main.ts', import.meta.url))
/** What was compiled is kept, since most of what a test of many short commands does is loading them. */
const compileCache = fileURLToPath(new URL('../../../../node_modules/.cache/credence', import.meta.url))
const limitMs = 60_000

export const spawnCredence = (
  words: readonly string[],
  { environment = {}, cwd }: RunOptions = {},
): ChildProcessWithoutNullStreams => {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CREDENCE_')))
  return spawn(process.execPath, ['--conditions=@credence/source', program, ...words], {
    // the test runner marks its children, and a child of theirs must not take itself for a test
    env: { ...clean, NODE_TEST_CONTEXT: undefined, NODE_COMPILE_CACHE: compileCache, ...environment },
    cwd,
    timeout: limitMs,
  })
}

export const runCredence = async (words: readonly string[], options: RunOptions = {}): Promise<Outcome> => {
  const child = spawnCredence(words, options)
  child.stdin.on('error', () => undefined).end(options.input ?? '')
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  const [code] = await once(child, 'close')
  return { code, stdout: stdout.text, stderr: stderr.text }
}

export const collect = (stream: NodeJS.ReadableStream): { readonly text: string } => {
  const collected = { text: '' }
  stream.setEncoding('utf8').on('data', (chunk) => {
    collected.text += chunk
  })
  return collected
}
