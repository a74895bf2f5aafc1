import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { metricCatalogue } from '@credence/server'
import { startCredence } from '../support/credence.ts'
import { basic, callTokenEndpoint, getToken } from '../support/token.ts'
import { scrape, typesOf } from './exposed_metrics.ts'

const credence = await startCredence()
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['x'] })
const client = await credence.createClient({ client_id: 'metered-client', grants: [{ audience, scopes: ['x'] }] })
const hostile = 'hostile-name'
await getToken(credence, client)
await getToken(credence, client)
const form = { client_id: hostile, client_secret: client.client_secret, scope: hostile }
await callTokenEndpoint(credence, { form })
await callTokenEndpoint(credence, { body: new URLSearchParams({ ...form, grant_type: hostile }).toString() })
await callTokenEndpoint(credence, { query: `?${hostile}`, headers: { authorization: basic(hostile, hostile) } })
await credence.manage('GET', `/clients/${hostile}`)
await credence.manage('GET', `/${hostile}`)
const exposition = await scrape(credence)

test('metrics: a running server exposes every metric of the catalogue, under its type, and no other of its own', () => {
  const exposed = [...typesOf(exposition)].filter(([name]) => name.startsWith('credence_')).sort()
  const described = Object.entries(metricCatalogue).map(([name, { type }]) => [name, type])
  assert.deepEqual(exposed, described.sort())
})

test('metrics: names as Prometheus asks: base units, a counter ends in _total and nothing else does', () => {
  for (const [name, { type, help }] of Object.entries(metricCatalogue)) {
    assert.match(name, /^credence_[a-z]+(_[a-z]+)*$/)
    assert.equal(name.endsWith('_total'), type === 'counter', name)
    assert.ok(!/_(?:ms|milliseconds|microseconds|minutes|hours|days|kilobytes|kb|percent)(?:_|$)/.test(name), name)
    assert.match(help, /\.$/, name)
  }
})

test('metrics: labels have the values that the catalogue speaks of, and never a client or what a caller has written', () => {
  for (const needle of [client.client_id, client.credential_id, hostile, audience, '127.0.0.1'])
    assert.ok(!exposition.includes(needle), needle)
  const labelled = new Set([...exposition.matchAll(/[{,](\w+)="/g)].map(([, label = '']) => label))
  assert.ok(!labelled.has('client_id') && labelled.has('grant_type'))
})

test('contract: credence_token_requests_total by grant type, client authentication method and result', () => {
  const count = (labels: string) =>
    Number(new RegExp(`^credence_token_requests_total\\{${labels}\\} (\\d+)$`, 'm').exec(exposition)?.[1])
  const asks = 'grant_type="client_credentials",client_auth_method="client_secret_basic"'
  assert.equal(count(`${asks},result="issued"`), 2)
  assert.equal(
    count('grant_type="client_credentials",client_auth_method="client_secret_post",result="invalid_client"'),
    1,
  )
  assert.equal(count('grant_type="other",client_auth_method="client_secret_post",result="invalid_client"'), 1)
  assert.equal(count('grant_type="none",client_auth_method="none",result="invalid_request"'), 1)
  assert.match(exposition, /^credence_token_request_duration_seconds_count\{.*result="issued"\} 2$/m)
})
