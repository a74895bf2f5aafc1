/** npm run drills: every drill at its full length, one after another; each prints its figures and fails by its exit code. */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'

/** No drill takes longer. Milliseconds. */
const timeoutMs = 600_000

const files = globSync('d*.ts', { cwd: import.meta.dirname })
/** What is beside a drill and has no test of its own belongs to one. */
const isDrill = (file: string): boolean => files.includes(file.replace(/\.ts$/, '.test.ts'))
const numberOf = (file: string): number => Number(/\d+/.exec(file)?.[0])
const named = process.argv.slice(2)

const drills = files
  .filter((file) => isDrill(file) && (named.length === 0 || named.includes(`d${numberOf(file)}`)))
  .toSorted((one, other) => numberOf(one) - numberOf(other))

for (const file of drills) {
  console.log(`\n== ${file}`)
  const script = join(import.meta.dirname, file)
  const options = { stdio: 'inherit', timeout: timeoutMs } as const
  const { status, signal } = spawnSync(process.execPath, ['--conditions=@credence/source', script], options)
  if (status === 0) continue
  console.error(`${file} failed: ${signal ?? `exit code ${status}`}`)
  process.exitCode = 1
}
