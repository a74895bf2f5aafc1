import assert from 'node:assert/strict'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { makeFolder, repository, spawnCredence } from '../support/credence_process.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { getToken } from '../support/token.ts'
import { until } from './until.ts'

const folder = await makeFolder()
after(folder.dispose)

const apiOf = (...audiences: string[]) =>
  `apis: [${audiences.map((audience) => `{ audience: '${audience}', scopes: [a] }`).join(', ')}]\n`

const audiencesOf = async (credence: RunningCredence): Promise<readonly string[]> => {
  const { apis } = jsonOf(await credence.manage('GET', '/export')) as { apis: readonly { audience: string }[] }
  return apis.map(({ audience }) => audience)
}

const untilAudiences = (credence: RunningCredence, expected: readonly string[]) =>
  until(
    async () => (JSON.stringify(await audiencesOf(credence)) === JSON.stringify(expected) ? true : undefined),
    credence.output,
  )

const metricOf = async (credence: RunningCredence, name: string): Promise<number> => {
  const { body } = await sendHttp(credence.socket, { path: '/metrics' })
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(body)?.[1])
}

test('serve --declarative: the example is in force before the server says that it is ready, and a client of it gets tokens', async () => {
  const file = join(folder.path, 'example.yaml')
  await copyFile(join(repository, 'examples/declarative/credence.yaml'), file)
  const credence = await startCredence({ args: ['--declarative', file] })
  try {
    assert.deepEqual(await audiencesOf(credence), ['https://invoices.example.com', 'https://orders.example.com'])
    const added = jsonOf(await credence.manage('POST', '/clients/shop/credentials', {}))
    const client = { client_id: 'shop', client_secret: String(added.client_secret), credential_id: '' }
    assert.ok(await getToken(credence, client, { resource: 'https://orders.example.com' }))
    const { items } = jsonOf(await credence.manage('GET', '/audit-events?limit=100')) as {
      items: readonly { action: string; actor: string }[]
    }
    const declared = items.filter(({ action }) => /^(?:api|client|grant)\./.test(action))
    assert.equal(declared.length, 7)
    assert.ok(declared.every(({ actor }) => actor === 'server'))
  } finally {
    await credence.dispose()
  }
})

test('serve --declarative: a faulty source stops the start with exit 78 and every fault', async () => {
  const file = join(folder.path, 'faulty.yaml')
  const data = join(folder.path, 'never')
  await writeFile(
    file,
    'apis:\n  - { audience: urn:a, scopes: [a], colour: red }\nclients:\n  - client_id: job\n    grants: [{ audience: urn:none, scopes: [a] }]\n',
  )
  for (const [source, expected] of [
    [file, [/faulty\.yaml:2:\d+ unknown member "colour"/, /faulty\.yaml:5:\d+ there is no API urn:none/]],
    [join(folder.path, 'missing.yaml'), [/declarative: .*missing\.yaml/]],
  ] as const) {
    const words = ['serve', '--port', '0', '--management-port', '0', '--data', data, '--declarative', source]
    const refused = spawnCredence(words)
    assert.equal(await refused.ended, 78)
    for (const fault of expected) assert.match(refused.stderr(), fault)
    assert.equal(refused.stderr().trim().split('\n').length, expected.length)
  }
})

test('serve --declarative: a change is applied; a faulty one is logged with its faults, and what was said last stays in force', async () => {
  const file = join(folder.path, 'changed.yaml')
  await writeFile(file, apiOf('urn:one'))
  const credence = await startCredence({ args: ['--declarative', file, '--declarative-prune', 'on'] })
  try {
    assert.deepEqual(await audiencesOf(credence), ['urn:one'])
    await credence.createApi({ audience: 'urn:by-hand', scopes: ['a'] })
    await writeFile(file, apiOf('urn:two'))
    await untilAudiences(credence, ['urn:by-hand', 'urn:two'])

    await writeFile(file, 'apis:\n  - audience: urn:three\n  - scopes: [a]\n')
    await until(() => (credence.output().includes('cannot be applied') ? true : undefined), credence.output)
    for (const fault of [/changed\.yaml:2:5 needs scopes/, /changed\.yaml:3:5 needs audience/])
      assert.match(credence.output(), fault)
    assert.deepEqual(await audiencesOf(credence), ['urn:by-hand', 'urn:two'])
    assert.equal((await sendHttp(credence.management, { path: '/health/ready' })).status, 200)
    assert.equal(await metricOf(credence, 'credence_declarative_faults'), 2)

    await writeFile(file, apiOf('urn:two', 'urn:three'))
    await untilAudiences(credence, ['urn:by-hand', 'urn:three', 'urn:two'])
    assert.equal(await metricOf(credence, 'credence_declarative_faults'), 0)
    assert.equal(await metricOf(credence, 'credence_declarative_changes_total'), 4)
  } finally {
    assert.equal(await credence.stop(), 0)
    await credence.dispose()
  }
})
