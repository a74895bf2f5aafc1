/** npm run drills [d4 …]: every drill at its full length, one after another; each prints its figures and fails by its exit code. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** No drill takes longer. Milliseconds. */
const timeoutMs = 600_000

const named = process.argv.slice(2)
const numberOf = (file: string): number => Number(/\d+/.exec(file)?.[0])

/** A drill that is longer than its test has a script that runs by itself; any other is its test. */
const commandOf = (test: string): readonly string[] => {
  const script = join(import.meta.dirname, test.replace('.test.ts', '.ts'))
  const isLonger = existsSync(script) && readFileSync(script, 'utf8').includes('import.meta.main')
  return isLonger ? [script] : ['--test', join(import.meta.dirname, test)]
}

const drills = globSync('d*.test.ts', { cwd: import.meta.dirname })
  .filter((file) => named.length === 0 || named.includes(`d${numberOf(file)}`))
  .toSorted((one, other) => numberOf(one) - numberOf(other))

for (const file of drills) {
  console.log(`\n== ${file.replace('.test.ts', '')}`)
  const options = { stdio: 'inherit', timeout: timeoutMs } as const
  const { status, signal } = spawnSync(process.execPath, ['--conditions=@credence/source', ...commandOf(file)], options)
  if (status === 0) continue
  console.error(`${file} failed: ${signal ?? `exit code ${status}`}`)
  process.exitCode = 1
}
