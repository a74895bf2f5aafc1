import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createConfig, lintFromString } from '@redocly/openapi-core'

const file = join(import.meta.dirname, '../docs/reference/openapi.json')
const source = readFileSync(file, 'utf8')

const lint = async (document: string) => {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const problems = await lintFromString({ source: document, absoluteRef: file, config })
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`)
}

test('OpenAPI 3.1: the description of the management API is valid, and good by the recommended rules', async () => {
  assert.deepEqual(await lint(source), [])
})

test('OpenAPI 3.1: the linter finds what is wrong', async () => {
  const problems = await lint(source.replace('"operationId": "getServer"', '"operationID": "getServer"'))
  assert.match(problems.join('\n'), /operationID/)
})
