/** npm run compare:verifiers: writes docs/comparison-verifier.md and prints it, or with --check says whether it is in step. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { comparisonPage } from './page.ts'

const file = join(import.meta.dirname, '../..', comparisonPage.path)
const rendered = await comparisonPage.render()
if (!process.argv.includes('--check')) {
  await writeFile(file, rendered)
  console.log(rendered)
} else if ((await readFile(file, 'utf8').catch(() => '')) !== rendered) {
  console.error(`${comparisonPage.path} is out of step with what the libraries do: run npm run compare:verifiers`)
  process.exitCode = 1
}
// a library may still be waiting for a key set that never comes
process.exit()
