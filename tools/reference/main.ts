/** Writes every generated page of docs/reference, or with --check says which are out of step with the code. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cliPage } from './cli.ts'
import { configurationPage } from './configuration.ts'
import { declarativeSchemaFile } from './declarative_schema.ts'
import { docsIndexPage } from './docs_index.ts'
import { errorsPage } from './errors.ts'
import { managementApiPage, openApiDocument } from './management_api.ts'
import { metricsPage } from './metrics.ts'
import type { ReferencePage } from './page.ts'

const root = join(import.meta.dirname, '../..')
const pages: readonly ReferencePage[] = [
  cliPage,
  configurationPage,
  errorsPage,
  metricsPage,
  managementApiPage,
  openApiDocument,
  declarativeSchemaFile,
  docsIndexPage,
]

const isCheck = process.argv.includes('--check')
for (const { path, render } of pages) {
  const file = join(root, path)
  const rendered = await render()
  const written = await readFile(file, 'utf8').catch(() => '')
  if (rendered === written) continue
  if (isCheck) {
    console.error(`${path} is out of step with the code: run npm run reference`)
    process.exitCode = 1
  } else {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, rendered)
    console.log(`wrote ${path}`)
  }
}
