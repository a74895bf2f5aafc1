import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Outcome, runCredence } from '../testing/run_credence.ts'
import { createFolder, startServe, type TestServer } from '../testing/start_serve.ts'

const example = join(import.meta.dirname, '../../../../examples/declarative/credence.yaml')
const esc = '\u001b'

describe('credence apply and credence export', () => {
  let server: TestServer
  let folder: string
  before(async () => {
    server = await startServe()
    folder = await createFolder()
  })
  after(async () => {
    await server.stop()
    await rm(folder, { recursive: true })
  })

  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name)
    await writeFile(file, text)
    return file
  }
  const apply = (file: string, ...words: string[]): Promise<Outcome> => server.run(['apply', '-f', file, ...words])
  const exported = async () => (await server.run(['export'])).stdout

  it('contract: the example is applied, shown as a diff without colour where there is no terminal, and then there is nothing to do', async () => {
    const first = await apply(example)
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stdout, /^\+ api https:\/\/orders\.example\.com\n {4}\+ scopes +orders:read orders:write\n/)
    assert.match(first.stdout, /^7 created$/m)
    assert.ok(!first.stdout.includes(esc))
    assert.deepEqual(await apply(example), {
      code: 0,
      stdout:
        'nothing to do: the server is as the file says\n' +
        'no credential yet: report-generator, shop; credence credential add CLIENT gives one, --create-secrets FOLDER one to each\n',
      stderr: '',
    })
  })

  it('colours the diff where colours are asked for', async () => {
    const file = await write('colour.yaml', 'apis:\n  - { audience: urn:colour, scopes: [a] }\n')
    const { stdout } = await server.run(['apply', '-f', file, '--dry-run'], { environment: { FORCE_COLOR: '1' } })
    assert.ok(stdout.startsWith(`${esc}[32m+ api urn:colour${esc}[39m\n`), JSON.stringify(stdout))
  })

  it('--dry-run changes nothing; with --fail-on-change it is 1 when something differs', async () => {
    const before = await exported()
    const file = await write('dry.yaml', 'apis:\n  - { audience: urn:dry, scopes: [a] }\n')
    const differs = await apply(file, '--dry-run')
    assert.equal(differs.code, 0)
    assert.match(differs.stdout, /^\+ api urn:dry\n.*^1 to be created$/ms)
    assert.equal((await apply(file, '--dry-run', '--fail-on-change')).code, 1)
    assert.equal(differs.stderr, '')
    assert.equal(await exported(), before)
    assert.equal((await apply(example, '--dry-run', '--fail-on-change')).code, 0)
    assert.equal((await apply(await write('bad.yaml', 'apis: 1\n'), '--dry-run')).code, 1)
    assert.equal((await apply(join(folder, 'missing.yaml'), '--dry-run')).code, 1)
    assert.equal((await apply(file, '--fail-on-change')).code, 2)
  })

  it('--dry-run refuses what the apply would refuse: a prune of what an undeclared client still needs', async () => {
    await apply(await write('needed.yaml', 'apis:\n  - { audience: urn:needed, scopes: [a] }\n'))
    await server.runJson(['client', 'create', 'by-hand', '--grant', 'urn:needed=a'])
    const empty = await write('empty.yaml', 'apis: []\nclients: []\n')
    for (const words of [['--dry-run'], []]) {
      const { code, stderr } = await apply(empty, '--prune', ...words)
      assert.equal(code, 1)
      assert.match(stderr, /urn:needed/)
    }
    assert.match(await exported(), /client_id: shop/, 'nothing was changed')
    await server.runJson(['client', 'delete', 'by-hand'])
  })

  it('--prune deletes what was declared and is not any more, and never what was made by hand', async () => {
    await server.runJson(['api', 'create', 'urn:by-hand', '--scope', 'a'])
    await server.runJson(['client', 'create', 'by-hand', '--grant', 'urn:by-hand=a'])
    const file = await write('prune.yaml', 'apis:\n  - { audience: urn:kept, scopes: [a] }\n')
    await apply(file)
    assert.match(await exported(), /client_id: shop/, 'nothing is deleted without --prune')
    const pruned = await apply(file, '--prune')
    assert.match(pruned.stdout, /^- client shop$/m)
    const document = await exported()
    assert.ok(!document.includes('shop') && !document.includes('orders.example.com'))
    assert.match(document, /urn:by-hand.*urn:kept.*client_id: by-hand/s)
    assert.equal((await apply(file, '--prune')).stdout, 'nothing to do: the server is as the file says\n')
  })

  it('what was there before is declared from now on, and the plan says so', async () => {
    const file = await write('adopt.yaml', 'apis:\n  - { audience: urn:by-hand, scopes: [a] }\n')
    const { stdout } = await apply(file)
    assert.match(stdout, /^nothing to do.*\n1 already there, declared from now on/)
    assert.equal((await apply(file)).stdout, 'nothing to do: the server is as the file says\n')
  })

  it('lists every fault of every file at once, each with file, line and column', async () => {
    const sources = join(folder, 'faulty')
    await mkdir(sources)
    await writeFile(
      join(sources, 'a.yaml'),
      '# a comment\napis:\n  - audience: urn:a\n    scopes: [a]\n    token_ttl: 10\n---\napis:\n  - scopes: [a]\n',
    )
    await writeFile(
      join(sources, 'b.yml'),
      'clients:\n  - client_id: job\n    jwks_file: ./job.json\n    grants:\n      - audience: urn:nowhere\n        scopes: [a]\n  - client_id: job\n',
    )
    await writeFile(join(sources, 'ignored.txt'), '{')
    const { code, stdout, stderr } = await apply(sources)
    assert.equal(code, 1)
    assert.equal(stdout, '')
    const places = stderr.split('\n').map((line) => line.replace(`credence: ${sources}/`, '').split(' ')[0])
    assert.deepEqual(places, ['a.yaml:5:5', 'a.yaml:8:5', 'b.yml:3:5', 'b.yml:5:9', 'b.yml:7:5', ''])
    const json = JSON.parse((await apply(sources, '--json')).stderr)
    assert.equal(json.code, 'invalid_document')
    assert.equal(json.faults.length, 5)
  })

  it('YAML 1.2: every syntax error of every file is listed with its line', async () => {
    const file = await write(
      'syntax.yaml',
      'apis:\n  - audience: urn:a\n    audience: urn:b\n    scopes: [a\nclients: *nobody\n',
    )
    const { code, stderr } = await apply(file)
    assert.equal(code, 1)
    assert.match(stderr, /syntax\.yaml:3:5 Map keys must be unique/)
    assert.match(stderr, /syntax\.yaml:5:1 /)
  })

  it('reads standard input, and refuses what is empty or cannot be watched', async () => {
    const document = '{"apis":[{"audience":"urn:stdin","scopes":["a"]}]}'
    const { code, stdout } = await server.run(['apply', '-f', '-', '--json'], { input: document })
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(stdout).changes, [
      {
        action: 'create',
        kind: 'api',
        audience: 'urn:stdin',
        members: [
          { member: 'scopes', after: ['a'] },
          { member: 'token_ttl', after: '10m' },
          { member: 'signing_alg', after: 'ES256' },
          { member: 'token_format', after: 'jwt' },
          { member: 'sender_constraint', after: 'optional' },
        ],
      },
    ])
    const empty = await server.run(['apply', '-f', '-', '--prune'], { input: '' })
    assert.equal(empty.code, 1)
    assert.match(empty.stderr, /-:1:1 needs apis or clients/)
    for (const words of [['apply'], ['apply', '-f', '-', '--watch'], ['apply', '-f', example, '--interval', '1s']])
      assert.equal((await runCredence(words)).code, 2, words.join(' '))
  })

  it('--create-secrets writes one secret for each client that has none, for its owner alone, and prints none', async () => {
    const secrets = join(folder, 'secrets')
    const file = await write(
      'secrets.yaml',
      'apis:\n  - { audience: urn:s, scopes: [a] }\nclients:\n  - client_id: team/job\n    grants: [{ audience: urn:s, scopes: [a] }]\n',
    )
    const { code, stdout, stderr } = await apply(file, '--create-secrets', secrets)
    assert.equal(code, 0, stderr)
    assert.deepEqual(await readdir(secrets), ['team%2Fjob'])
    const secretFile = join(secrets, 'team%2Fjob')
    assert.equal((await stat(secretFile)).mode & 0o777, 0o600)
    const secret = await readFile(secretFile, 'utf8')
    assert.match(secret, /^cred_\w+$/)
    assert.ok(!`${stdout}${stderr}`.includes(secret))
    const again = await apply(file, '--create-secrets', secrets)
    assert.equal(again.stdout, 'nothing to do: the server is as the file says\n')
    const environment = {
      CREDENCE_ISSUER: server.ready.issuer,
      CREDENCE_CLIENT_ID: 'team/job',
      CREDENCE_CLIENT_SECRET_FILE: secretFile,
    }
    assert.equal((await server.run(['token'], { environment })).code, 0)
    assert.ok(!(await exported()).includes(secret))
  })

  it('--create-secrets never writes over a file', async () => {
    const secrets = join(folder, 'taken')
    await mkdir(secrets)
    await writeFile(join(secrets, 'late'), 'kept')
    const { code, stderr } = await apply(
      await write('late.yaml', 'clients: [{ client_id: late }]\n'),
      '--create-secrets',
      secrets,
    )
    assert.equal(code, 1)
    assert.match(stderr, /late: it exists already/)
    assert.equal(await readFile(join(secrets, 'late'), 'utf8'), 'kept')
    assert.deepEqual((await server.runJson(['credential', 'list', 'late'])).items, [])
  })

  it('export round-trips: applied where it comes from it changes nothing, applied elsewhere it makes the same', async () => {
    await apply(example)
    const document = await exported()
    const file = await write('exported.yaml', document)
    assert.match((await apply(file, '--dry-run', '--prune')).stdout, /^nothing to do/)
    const other = await startServe()
    try {
      assert.equal((await other.run(['apply', '-f', file])).code, 0)
      assert.equal((await other.run(['export'])).stdout, document)
      assert.deepEqual(await other.runJson(['export']), await server.runJson(['export']))
    } finally {
      await other.stop()
    }
  })

  it('export --schema prints the JSON Schema, without a server', async () => {
    const { code, stdout } = await runCredence(['export', '--schema'], { cwd: folder })
    assert.equal(code, 0)
    assert.deepEqual(Object.keys(JSON.parse(stdout).properties), ['apis', 'clients'])
  })
})
