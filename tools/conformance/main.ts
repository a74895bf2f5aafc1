/** npm run conformance: runs the modules and writes docs/conformance.md, or with --check says whether it is in step. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { conformancePage } from './page.ts'

const file = join(import.meta.dirname, '../..', conformancePage.path)
const rendered = await conformancePage.render()
if (!process.argv.includes('--check')) {
  await writeFile(file, rendered)
} else if ((await readFile(file, 'utf8').catch(() => '')) !== rendered) {
  console.error(`${conformancePage.path} is out of step with what the server does: run npm run conformance`)
  process.exitCode = 1
}
// or the test runner, whose hooks end the server, prints that it ran no tests
process.exit()
