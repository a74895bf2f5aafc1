import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startProvider } from '../client_auth/provider.ts'
import { startClientSetting } from '../support/a_client.ts'
import { repository } from '../support/credence_process.ts'
import { runProgram } from '../support/foreign.ts'
import { startApi } from './api.ts'
import { bundleScenario } from './bundle.ts'
import type { Settings } from './scenario.ts'
import { startWorkerd } from './workerd.ts'

const setting = await startClientSetting()
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'c1' }
const { d: _private, ...publicJwk } = jwk
const provider = await startProvider({
  clients: [{ client_id: 'job', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicJwk] } }],
})
const folder = await mkdtemp(join(tmpdir(), 'credence-runtimes-'))
after(async () => {
  await setting.credence.dispose()
  await provider[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const program = await bundleScenario('main', folder)
const worker = await bundleScenario('worker', folder)

/** The program of a runtime, or the reason why its test is skipped. @throws when CI_REQUIRE_RUNTIMES=1 */
const findInstalled = (name: string): { readonly path: string } | { readonly skip: string } => {
  const path = join(import.meta.dirname, 'node_modules/.bin', name)
  if (existsSync(path)) return { path }
  const reason = `${name} is not installed here: npm ci --prefix e2e/runtimes`
  if (process.env.CI_REQUIRE_RUNTIMES === '1') throw new Error(`${reason} (CI_REQUIRE_RUNTIMES=1)`)
  return { skip: reason }
}

/** Runs the scenario, each time with an API that has seen no token yet. */
const assertRuns = async (run: (settings: Settings) => Promise<unknown>) => {
  await using api = await startApi()
  const { client, credence, environment } = setting
  const result = await run({
    issuer: credence.issuer,
    clientId: client.client_id,
    clientSecret: client.client_secret,
    audience: environment.AUDIENCE ?? '',
    apiUrl: api.url,
    provider: { issuer: provider.issuer, clientId: 'job', jwk },
  })
  assert.deepEqual(result, {
    tokenType: 'Bearer',
    oneRequestForTwo: true,
    renewed: true,
    apiStatus: 200,
    apiAnswered: 'text',
    renewedAfterRefusal: true,
    printed: false,
    privateKeyJwt: 'Bearer',
    dpop: 'DPoP',
    shared: true,
    wrongSecret: 'invalid_client',
    insecureUrl: 'insecure_url',
    closed: 'closed',
  })
}

const runFile =
  (command: readonly [string, ...string[]]) =>
  async (settings: Settings): Promise<unknown> => {
    const ended = await runProgram(command, { SETTINGS: JSON.stringify(settings) })
    assert.equal(ended.code, 0, ended.stderr)
    return JSON.parse(ended.stdout)
  }

test('the client’s core imports nothing of a runtime: its bundle imports nothing at all', () => {
  assert.deepEqual([program.imports, worker.imports], [[], []])
})

test('the Node of this repository', () => assertRuns(runFile([process.execPath, program.file])))

test('Node 22, which engines promises: the bundle, and the source as it is', async (t) => {
  const node = findInstalled('node')
  if ('skip' in node) return t.skip(node.skip)
  for (const name of ['client', 'protocol']) {
    const manifest = JSON.parse(readFileSync(join(repository, 'packages', name, 'package.json'), 'utf8'))
    assert.equal(manifest.engines.node, '>=22')
  }
  const { stdout } = await runProgram([node.path, '--version'])
  assert.match(stdout, /^v22\./)
  await assertRuns(runFile([node.path, program.file]))
  await assertRuns(runFile([node.path, '--conditions=@credence/source', join(import.meta.dirname, 'main.ts')]))
})

test('Deno, with the network and its settings and nothing else', async (t) => {
  const deno = findInstalled('deno')
  if ('skip' in deno) return t.skip(deno.skip)
  const flags = ['--no-prompt', '--no-config', '--allow-net=127.0.0.1', '--allow-env=SETTINGS'] as const
  await assertRuns(runFile([deno.path, 'run', ...flags, program.file]))
})

test('Bun', async (t) => {
  const bun = findInstalled('bun')
  if ('skip' in bun) return t.skip(bun.skip)
  await assertRuns(runFile([bun.path, 'run', program.file]))
})

test('workerd, without nodejs_compat', async (t) => {
  const workerd = findInstalled('workerd')
  if ('skip' in workerd) return t.skip(workerd.skip)
  await using running = await startWorkerd(workerd.path, worker.file)
  await assertRuns(async (settings) => {
    const answer = await fetch(running.url, { method: 'POST', body: JSON.stringify(settings) })
    const text = await answer.text()
    assert.equal(answer.status, 200, text)
    return JSON.parse(text)
  })
})
