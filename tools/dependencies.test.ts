import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifests = ['package.json', 'examples/package.json', ...globSync('packages/*/package.json', { cwd: root })].map(
  (file): Manifest => JSON.parse(read(file)),
)
const isOurs = (name: string) => name.startsWith('@credence/') || name === 'credence'
const named = new Set(
  manifests
    .flatMap((manifest) => [manifest.dependencies, manifest.devDependencies, manifest.peerDependencies])
    .flatMap((dependencies) => Object.keys(dependencies ?? {}))
    .filter((name) => !isOurs(name)),
)

test('every dependency stands with its reason in docs/dependencies.md, and nothing else does', () => {
  const rows = [...read('docs/dependencies.md').matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) =>
    cell.trim().split(', '),
  )
  const listed = new Set(rows.filter((name) => name !== 'library' && !name.startsWith('---')))
  assert.deepEqual(
    [...named].filter((name) => !listed.has(name)),
    [],
  )
  assert.deepEqual(
    [...listed].filter((name) => !named.has(name)),
    [],
  )
})

test('every dependency is pinned to one version, so that what was tested is what runs', () => {
  const loose = manifests
    .flatMap((manifest) => Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    .filter(([, version]) => !/^\d/.test(version))
  assert.deepEqual(loose, [])
})
