import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import type { HttpAnswer } from '../support/http.ts'
import { areaUnderCurve } from '../support/separability.ts'
import { assertRefused, basic, callTokenEndpoint } from '../support/token.ts'

// what is measured are the refusals themselves
const credence = await startCredence({ args: ['--failed-authentications-per-minute', '1000000'] })
after(credence.dispose)
const audience = 'https://orders.example.com'
const grants = [{ audience, scopes: ['x'] }]
await credence.createApi({ audience, scopes: ['x'] })
const job = await credence.createClient({ client_id: 'job', grants })
const disabled = await credence.createClient({ client_id: 'disabled', grants })
await credence.manage('PATCH', '/clients/disabled', { disabled: true })
const revoked = await credence.createClient({ client_id: 'revoked', grants })
await credence.manage('DELETE', `/clients/revoked/credentials/${revoked.credential_id}`)
const basicOnly = await credence.createClient({
  client_id: 'only',
  grants,
  token_endpoint_auth_method: 'client_secret_post',
})

const madeUp = 'x'.repeat(43)
/** Ways to be refused that nobody outside may tell apart, of the same length each. */
const refusals = {
  'an unknown client with an unknown credential id': ['nob', `cred_${'0'.repeat(26)}_${madeUp}`],
  'a known client with an unknown credential id': ['job', `cred_${'0'.repeat(26)}_${madeUp}`],
  'a known client, a known credential id and a wrong secret': ['job', `${job.credential_id}_${madeUp}`],
  'an unknown client with the right secret of another': ['nob', job.client_secret],
  'a secret that has not the form of ours': ['job', 'y'.repeat(75)],
  'a disabled client with its right secret': ['disabled', disabled.client_secret],
  'a revoked secret': ['revoked', revoked.client_secret],
  'the right secret by the method that is not registered': ['only', basicOnly.client_secret],
} as const
type Refusal = keyof typeof refusals

const ask = (refusal: Refusal): Promise<HttpAnswer> => {
  const [clientId, secret] = refusals[refusal]
  return callTokenEndpoint(credence, { headers: { authorization: basic(clientId, secret) } })
}

const comparable = ({ status, headers: { date, 'x-request-id': id, ...headers }, body }: HttpAnswer) => ({
  status,
  headers,
  body,
})

const reference = comparable(await ask('an unknown client with an unknown credential id'))

test('A10: the right secret is let in, so that the refusals below are about what they say', async () => {
  const answer = await callTokenEndpoint(credence, { headers: { authorization: basic('job', job.client_secret) } })
  assert.equal(answer.status, 200)
})

for (const refusal of Object.keys(refusals) as Refusal[]) {
  test(`A10: ${refusal}: the same status, headers and body as for an unknown client`, async () => {
    const answer = await ask(refusal)
    assertRefused(answer, 'invalid_client')
    assert.deepEqual(comparable(answer), reference)
  })
}

test('A10: and the same in the body of the request', async () => {
  const inBody = async (clientId: string, secret: string) =>
    comparable(await callTokenEndpoint(credence, { form: { client_id: clientId, client_secret: secret } }))
  const unknown = await inBody('nob', `cred_${'0'.repeat(26)}_${madeUp}`)
  assert.deepEqual(await inBody('job', `${job.credential_id}_${madeUp}`), unknown)
  assert.deepEqual(await inBody('disabled', disabled.client_secret), unknown)
})

const samplesOfEach = 3_000
const inFlight = 16
/** Refusals whose times are compared, and one that is answered at once, to see that a difference would be seen. */
const timed = [
  'an unknown client with an unknown credential id',
  'a known client, a known credential id and a wrong secret',
  'a disabled client with its right secret',
] as const
const control = 'control'

test('A10: the times are not separable: AUC ≤ 0.55 between any two, over 3,000 interleaved samples each', async (t) => {
  const samples = new Map<string, number[]>([...timed, control].map((kind) => [kind, []]))
  // the order is drawn anew for every round, so that no kind has a place of its own
  const order = Array.from({ length: samplesOfEach }, () => shuffled([...samples.keys()])).flat()
  const takeNext = async () => {
    for (let kind = order.pop(); kind !== undefined; kind = order.pop()) {
      const startedAt = performance.now()
      await (kind === control ? callTokenEndpoint(credence, {}) : ask(kind as Refusal))
      samples.get(kind)?.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, takeNext))

  for (const [index, one] of timed.entries()) {
    for (const other of timed.slice(index + 1)) {
      const area = areaUnderCurve(samples.get(one) ?? [], samples.get(other) ?? [])
      t.diagnostic(`AUC ${area.toFixed(3)}: ${one} / ${other}`)
      assert.ok(Math.max(area, 1 - area) <= 0.55, `AUC ${area}: ${one} / ${other}`)
    }
  }
  const seen = areaUnderCurve(samples.get(timed[0]) ?? [], samples.get(control) ?? [])
  assert.ok(seen > 0.9, `an answer without the delay should be told apart, AUC ${seen}`)
})

const shuffled = <T>(items: T[]): T[] =>
  items
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
