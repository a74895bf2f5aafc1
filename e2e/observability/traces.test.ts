import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { basic, callTokenEndpoint } from '../support/token.ts'

const sdk = join(import.meta.dirname, 'print_spans.ts')
const credence = await startCredence({ environment: { NODE_OPTIONS: `--conditions=@credence/source --import=${sdk}` } })
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['x', 'y'] })
const client = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['x'] }] })
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const headers = { authorization: basic('job', client.client_secret), traceparent: `00-${traceId}-${spanId}-01` }

interface PrintedSpan {
  readonly span: string
  readonly traceId: string
  readonly parent?: string
  readonly attributes: Readonly<Record<string, unknown>>
}

test('OpenTelemetry: a token request is a span of its caller’s trace, its steps are below it, and no secret is in them', async () => {
  assert.equal((await callTokenEndpoint(credence, { headers })).status, 200)
  assert.equal((await callTokenEndpoint(credence, { headers, form: { scope: 'y' } })).status, 400)
  await credence.stop()
  const spans = credence
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{"span"'))
    .map((line): PrintedSpan => JSON.parse(line))
  assert.deepEqual(
    spans.map(({ span }) => span),
    [
      'authenticate_client',
      'authorize',
      'issue',
      'POST /oauth/token',
      'authenticate_client',
      'authorize',
      'POST /oauth/token',
    ],
  )
  assert.deepEqual(new Set(spans.map((span) => span.traceId)), new Set([traceId]))
  const [authenticated, authorized, , answered, , , refused] = spans
  assert.equal(answered?.parent, spanId)
  assert.deepEqual(authenticated?.attributes, {
    'oauth.client_id': 'job',
    'credence.credential_id': client.credential_id,
  })
  assert.deepEqual(authorized?.attributes, {
    'oauth.grant_type': 'client_credentials',
    'oauth.audience': audience,
    'oauth.scope': 'x',
  })
  assert.equal(answered?.attributes['http.response.status_code'], 200)
  assert.equal(refused?.attributes['error.type'], 'invalid_scope')
  assert.ok(!credence.output().includes(client.client_secret.slice(-20)))
})
