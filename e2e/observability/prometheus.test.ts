import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { metricCatalogue } from '@credence/server'
import { startCredence } from '../support/credence.ts'
import { makeFolder, repository } from '../support/credence_process.ts'
import { findRuntime, runProgram } from '../support/foreign.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { adminAudience } from '../support/management.ts'
import { scrape, seriesNames } from './exposed_metrics.ts'

const promtool = await findRuntime(['promtool'], { probe: ['--version'], what: 'promtool' })
const prometheus = await findRuntime(['prometheus'], { probe: ['--version'], what: 'Prometheus' })
const deployed = join(repository, 'deploy/prometheus')
const rulesFile = join(deployed, 'credence.rules.yml')
const credence = await startCredence()
after(credence.dispose)

const rules = await readFile(rulesFile, 'utf8')
const ruleTests = await readFile(join(deployed, 'credence.rules.test.yml'), 'utf8')
const dashboard: unknown = JSON.parse(await readFile(join(repository, 'deploy/grafana/credence.json'), 'utf8'))

/** Every query of the dashboard, its variables filled in. */
const queriesOf = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return []
  if ('expr' in value && typeof value.expr === 'string')
    return [
      value.expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'credence').replaceAll('$instance', '.*'),
    ]
  return Object.values(value).flatMap(queriesOf)
}
const queries = queriesOf(dashboard)

test('deploy/: every metric that the dashboard, the alerts and their tests name is one that a running server exposes', async () => {
  const exposed = seriesNames(await scrape(credence))
  for (const [file, text] of Object.entries({ dashboard: queries.join('\n'), rules, ruleTests })) {
    const named = new Set(text.match(/\b(?:credence|nodejs|process)_\w+/g))
    const ours = [...named].filter((name) => name !== 'credence_client_secret')
    assert.ok(ours.length > 5, file)
    assert.deepEqual(
      ours.filter((name) => !exposed.has(name)),
      [],
      file,
    )
  }
})

test('deploy/: every label that they select or group by is one that the metric has', () => {
  const added = ['job', 'instance', 'le']
  const descriptions: Readonly<Record<string, { readonly labels: object }>> = metricCatalogue
  for (const [, name = '', selected = ''] of `${queries.join('\n')}\n${rules}`.matchAll(
    /\b(credence_\w+)\{([^}]*)\}/g,
  )) {
    const described = descriptions[name] ?? descriptions[name.replace(/_(?:bucket|sum|count)$/, '')]
    for (const [, label = ''] of selected.matchAll(/(\w+)\s*[=!]/g))
      assert.ok(added.includes(label) || label in (described?.labels ?? {}), `${name}{${label}}`)
  }
  const all = Object.values(descriptions).flatMap(({ labels }) => Object.keys(labels))
  for (const [, grouped = ''] of `${queries.join('\n')}\n${rules}`.matchAll(/\b(?:by|on) \(([^)]*)\)/g))
    for (const label of grouped.split(', ')) assert.ok([...added, ...all].includes(label), grouped)
})

test('deploy/: every alert says what it means and what to do, and is tried by a test', () => {
  const alerts = rules.split(/^ +- alert: /m).slice(1)
  assert.ok(alerts.length >= 12)
  for (const alert of alerts) {
    const [name = ''] = alert.split('\n')
    for (const part of ['expr: ', 'severity: ', 'summary: ', 'means: ', 'do: '])
      assert.ok(alert.includes(part), `${name}: ${part}`)
    assert.ok(ruleTests.includes(name), name)
  }
})

for (const [title, args] of Object.entries({
  'check rules': ['check', 'rules', rulesFile],
  'test rules': ['test', 'rules', join(deployed, 'credence.rules.test.yml')],
  'check config': ['check', 'config', join(deployed, 'prometheus.yml')],
})) {
  test(`deploy/: promtool ${title}`, { skip: promtool.skip }, async () => {
    const { code, stdout, stderr } = await runProgram(['promtool', ...args])
    assert.equal(code, 0, stdout + stderr)
  })
}

test('metrics: promtool check metrics has nothing to say about them', { skip: promtool.skip }, async () => {
  const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (part) => (said += part))
  child.stderr.on('data', (part) => (said += part))
  child.stdin.end(await scrape(credence))
  const [code] = await once(child, 'close')
  assert.deepEqual([code, said], [0, ''])
})

const findFreePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : assert.fail('no port')
}

/** Asks until the answer is what is waited for, at most 30 s. */
const ask = async (url: string, query: string, expected: (result: readonly unknown[]) => boolean) => {
  for (let tries = 0; tries < 300; tries++) {
    const path = `/api/v1/query?${new URLSearchParams({ query })}`
    const answer = await sendHttp({ url }, { path }).catch(() => undefined)
    const { data } = answer?.status === 200 ? jsonOf(answer) : {}
    const { result = [] } = (data ?? {}) as { readonly result?: readonly unknown[] }
    if (expected(result)) return
    await delay(100)
  }
  assert.fail(`no such answer to ${query}`)
}

test('deploy/: Prometheus gets itself a token, scrapes, and understands every query of the dashboard', {
  skip: prometheus.skip,
}, async () => {
  const folder = await makeFolder()
  const grants = [{ audience: adminAudience, scopes: ['admin:server:read'] }]
  const client = await credence.createClient({ client_id: 'prometheus', grants })
  const secretFile = join(folder.path, 'secret')
  await writeFile(secretFile, client.client_secret, { mode: 0o600 })
  await copyFile(rulesFile, join(folder.path, 'credence.rules.yml'))
  const config = (await readFile(join(deployed, 'prometheus.yml'), 'utf8'))
    .replaceAll('15s', '1s')
    .replace('/etc/prometheus/credence_client_secret', secretFile)
    .replace('http://127.0.0.1:8400', credence.public.url)
    .replace('127.0.0.1:8401', new URL(credence.management.url).host)
  await writeFile(join(folder.path, 'prometheus.yml'), config)
  const port = await findFreePort()
  const options = [`--config.file=${folder.path}/prometheus.yml`, `--storage.tsdb.path=${folder.path}/data`]
  const child = spawn('prometheus', [...options, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' })
  try {
    const url = `http://127.0.0.1:${port}`
    await ask(url, 'up{job="credence"} == 1', (result) => result.length === 1)
    await ask(url, 'credence_token_requests_total{result="issued"}', (result) => result.length > 0)
    assert.ok(queries.length > 20)
    for (const query of queries) {
      const { status, body } = await sendHttp({ url }, { path: `/api/v1/query?${new URLSearchParams({ query })}` })
      assert.equal(status, 200, body)
    }
  } finally {
    child.kill('SIGTERM')
    await once(child, 'close')
    await folder.dispose()
  }
})
