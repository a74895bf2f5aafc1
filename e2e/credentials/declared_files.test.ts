import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { askWith, createKey, makeAssertion, type TestKey } from '../assertions/setting.ts'
import { until } from '../declarative/until.ts'
import { startCredence } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'
import { runCommand } from '../support/run_command.ts'

const audience = 'https://orders.example.com'
const folder = await makeFolder()
after(folder.dispose)
const source = join(folder.path, 'declarative')
await mkdir(source)
await mkdir(join(folder.path, 'data'), { mode: 0o700 })
const [first, second, third] = [createKey(), createKey(), createKey()]
const writeKeys = (...keys: readonly TestKey[]) =>
  writeFile(join(source, 'job.jwks.json'), JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }))
await writeKeys(first)
await writeFile(
  join(source, 'credence.yaml'),
  `apis:
  - { audience: ${audience}, scopes: [orders:read] }
clients:
  - client_id: job
    token_endpoint_auth_method: private_key_jwt
    jwks_file: ./job.jwks.json
    grants:
      - { audience: ${audience}, scopes: [orders:read] }
`,
)
const credence = await startCredence({
  data: join(folder.path, 'data'),
  args: ['--declarative', source, '--failed-authentications-per-minute', '100000'],
})
after(() => credence.stop())
const statusWith = async (key: TestKey) =>
  (await askWith(credence, makeAssertion(key, { clientId: 'job', issuer: credence.issuer }))).status

test('jwks_file: the server reads it beside its source, follows it, and keeps what is in force when it is faulty', async () => {
  assert.deepEqual([await statusWith(first), await statusWith(second)], [200, 401])
  await writeKeys(first, second)
  await until(async () => (await statusWith(second)) === 200, credence.output)
  assert.equal(await statusWith(first), 200)
  await writeKeys(second)
  await until(async () => (await statusWith(first)) === 401, credence.output)
  assert.equal(await statusWith(second), 200)

  await writeFile(join(source, 'job.jwks.json'), JSON.stringify(second.privateKey.export({ format: 'jwk' })))
  await until(async () => credence.output().includes('has a private key in it'), credence.output)
  assert.equal(await statusWith(second), 200)
  const secretPart = String(second.privateKey.export({ format: 'jwk' }).d)
  assert.ok(!credence.output().includes(secretPart))
  await writeKeys(second)
})

test('jwks_file: credence apply reads it beside its file, and credence export says the same without it', async () => {
  const other = await startCredence()
  after(other.dispose)
  await writeKeys(third)
  const applied = await runCommand(['apply', '-f', source, '--data', other.data])
  assert.equal(applied.code, 0, applied.stderr)
  assert.match(applied.stdout, /^\+ credential of job\n +\+ accepts +an assertion signed with its key/m)
  const assertion = makeAssertion(third, { clientId: 'job', issuer: other.issuer })
  assert.equal((await askWith(other, assertion)).status, 200)

  const exported = join(folder.path, 'exported.yaml')
  await writeFile(exported, (await runCommand(['export', '--data', other.data])).stdout)
  assert.match(await readFile(exported, 'utf8'), /jwks:\n +keys:/)
  const again = await runCommand(['apply', '-f', exported, '--data', other.data])
  assert.match(again.stdout, /^nothing to do/)
})

test('a client with a key and a platform in one entry is made by credence apply, and a second apply has nothing to do', async () => {
  const other = await startCredence()
  after(other.dispose)
  const both = join(folder.path, 'both')
  await mkdir(both)
  await writeFile(join(both, 'report.jwks.json'), JSON.stringify({ keys: [first.publicJwk] }))
  await writeFile(
    join(both, 'credence.yaml'),
    `apis:
  - audience: ${audience}
    scopes: [orders:read, orders:write]
    token_ttl: 10m
clients:
  - client_id: report-generator
    token_endpoint_auth_method: private_key_jwt
    jwks_file: ./report.jwks.json
    grants:
      - { audience: ${audience}, scopes: [orders:read] }
    federated_credentials:
      - { issuer: https://kubernetes.default.svc, subject: "system:serviceaccount:batch:reporter", audience: https://auth.example.com }
    quota: { tokens_per_minute: 30, mode: observe }
`,
  )
  const applied = await runCommand(['apply', '-f', both, '--data', other.data])
  assert.equal(applied.code, 0, applied.stderr)
  const assertion = makeAssertion(first, { clientId: 'report-generator', issuer: other.issuer })
  assert.equal((await askWith(other, assertion)).status, 200)
  const listed = await runCommand(['credential', 'list', 'report-generator', '--data', other.data, '--json'])
  assert.match(listed.stdout, /system:serviceaccount:batch:reporter/)
  assert.match((await runCommand(['apply', '-f', both, '--data', other.data])).stdout, /^nothing to do/)
})
