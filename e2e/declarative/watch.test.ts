import assert from 'node:assert/strict'
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { makeFolder, type SpawnedCredence, spawnCredence } from '../support/credence_process.ts'
import { jsonOf } from '../support/http.ts'
import { until } from './until.ts'

const credence = await startCredence()
const folder = await makeFolder()
after(async () => {
  await credence.dispose()
  await folder.dispose()
})

const apiOf = (audience: string, ttl = '10m') =>
  `apis:\n  - { audience: '${audience}', scopes: [a], token_ttl: ${ttl} }\n`

const ttlOf = async (audience: string): Promise<unknown> => {
  const answer = await credence.manage('GET', `/apis/${encodeURIComponent(audience)}`)
  return answer.status === 200 ? jsonOf(answer).token_ttl_seconds : undefined
}

const watch = (file: string, ...words: string[]): SpawnedCredence =>
  spawnCredence(['apply', '-f', file, '--watch', '--json', '--data', credence.data, ...words])

interface Round {
  readonly event: string
  readonly faults?: readonly string[]
}

const rounds = ({ stdout }: SpawnedCredence): readonly Round[] =>
  stdout()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

const untilTtl = (audience: string, seconds: number, watching: SpawnedCredence) =>
  until(
    async () => ((await ttlOf(audience)) === seconds ? true : undefined),
    () => watching.stdout() + watching.stderr(),
  )

test('apply --watch: what changes in the file is applied, and what somebody changes on the server is repaired', async () => {
  const file = join(folder.path, 'watched.yaml')
  await writeFile(file, apiOf('urn:watched'))
  const watching = watch(file, '--interval', '1s')
  await untilTtl('urn:watched', 600, watching)
  await writeFile(file, apiOf('urn:watched', '5m'))
  await untilTtl('urn:watched', 300, watching)
  await credence.manage('PATCH', '/apis/urn:watched', { token_ttl_seconds: 120 })
  await untilTtl('urn:watched', 300, watching)
  watching.process.kill('SIGTERM')
  assert.equal(await watching.ended, 0)
  assert.ok(rounds(watching).some(({ event }) => event === 'applied'))
})

test('apply --watch: a faulty file changes nothing, its faults are logged, and once mended it is applied', async () => {
  const file = join(folder.path, 'mended.yaml')
  await writeFile(file, apiOf('urn:mended'))
  const watching = watch(file, '--interval', '1m')
  await untilTtl('urn:mended', 600, watching)
  await writeFile(file, 'apis:\n  - audience: urn:mended\n    scopes: a\n    token_ttl: 5m\n')
  const failed = await until(
    () => rounds(watching).find(({ event }) => event === 'failed'),
    () => watching.stdout(),
  )
  assert.match(failed.faults?.[0] ?? '', /mended\.yaml:3:5 scopes must be array/)
  assert.equal(await ttlOf('urn:mended'), 600)
  await writeFile(file, apiOf('urn:mended', '5m'))
  await untilTtl('urn:mended', 300, watching)
  watching.process.kill('SIGINT')
  assert.equal(await watching.ended, 0)
})

test('apply --watch: a mounted ConfigMap, which Kubernetes changes by swapping a link, is followed', async () => {
  const mount = join(folder.path, 'mount')
  const version = async (name: string, text: string) => {
    await mkdir(join(mount, name), { recursive: true })
    await writeFile(join(mount, name, 'credence.yaml'), text)
  }
  const swapTo = async (name: string) => {
    await symlink(name, join(mount, '..data_tmp'))
    await rename(join(mount, '..data_tmp'), join(mount, '..data'))
  }
  await version('..2026_1', apiOf('urn:mounted'))
  await swapTo('..2026_1')
  await symlink('..data/credence.yaml', join(mount, 'credence.yaml'))
  const watching = watch(mount, '--interval', '1m')
  await untilTtl('urn:mounted', 600, watching)
  await version('..2026_2', apiOf('urn:mounted', '5m'))
  await swapTo('..2026_2')
  await untilTtl('urn:mounted', 300, watching)
  watching.process.kill('SIGTERM')
  assert.equal(await watching.ended, 0)
})

test('apply --watch --prune: a folder that is empty for a moment deletes nothing', async () => {
  const source = join(folder.path, 'emptied')
  await mkdir(source)
  await writeFile(join(source, 'a.yaml'), apiOf('urn:emptied'))
  const watching = watch(source, '--prune', '--interval', '1m')
  await untilTtl('urn:emptied', 600, watching)
  await rename(join(source, 'a.yaml'), join(folder.path, 'elsewhere.yaml'))
  const failed = await until(
    () => rounds(watching).find(({ event }) => event === 'failed'),
    () => watching.stdout(),
  )
  assert.match(failed.faults?.[0] ?? '', /has no \.yaml, \.yml or \.json file/)
  assert.equal(await ttlOf('urn:emptied'), 600)
  watching.process.kill('SIGTERM')
  assert.equal(await watching.ended, 0)
})
