/** What `npm test` runs: every test of the repository, straight from TypeScript; its arguments are other files to run instead. */
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

const repository = join(import.meta.dirname, '..')
const everything = [
  'packages/*/src/**/*.test.ts',
  'examples/**/*.test.ts',
  'e2e/**/*.test.ts',
  'tools/**/*.test.ts',
  'benchmarks/**/*.test.ts',
]

/** Milliseconds. No test waits this long for anything; one that hangs is a failure and not a hung build. */
const timeoutMs = 180_000

const files = process.argv.slice(2)
const { status, signal } = spawnSync(
  process.execPath,
  [
    '--conditions=@credence/source',
    '--test',
    `--test-timeout=${timeoutMs}`,
    // a test file starts processes of its own: one file for each core is enough
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    ...(files.length > 0 ? files : everything),
  ],
  { cwd: repository, stdio: ['ignore', 'inherit', 'inherit'] },
)
if (signal !== null) process.stderr.write(`the tests were ended by ${signal}\n`)
process.exitCode = status ?? 1
