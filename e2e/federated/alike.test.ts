import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import type { HttpAnswer } from '../support/http.ts'
import { areaUnderCurve } from '../support/separability.ts'
import { createPlatform, present } from './platform.ts'

// what is measured are the refusals themselves
const credence = await startCredence({ args: ['--failed-authentications-per-minute', '1000000'] })
after(credence.dispose)

const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['x'] })
const platform = await createPlatform()
const stranger = await createPlatform()
const issuer = 'https://platform.example.net'
const federation = { platform: 'oidc', issuer, subject: 'job', jwks: platform.jwks }
for (const clientId of ['job', 'off']) {
  await credence.createClient({ client_id: clientId, grants: [{ audience, scopes: ['x'] }] })
  const added = await credence.manage('POST', `/clients/${clientId}/credentials`, {
    federated_credentials: [federation],
  })
  assert.equal(added.status, 201, added.body)
}
await credence.manage('PATCH', '/clients/off', { disabled: true })

const claims = { iss: issuer, sub: 'job', aud: credence.issuer }
const right = platform.sign(claims)
/** Ways to be refused that nobody outside may tell apart. */
const refusals: Readonly<Record<string, readonly [clientId: string, assertion: string]>> = {
  'an unknown client': ['nob', right],
  'a known client and a wrong signature': ['job', stranger.sign(claims)],
  'a known client and another subject': ['job', platform.sign({ ...claims, sub: 'jab' })],
  'a disabled client and its right token': ['off', right],
}

const ask = ([clientId, assertion]: readonly [string, string]): Promise<HttpAnswer> =>
  present(credence, assertion, { client_id: clientId })

test('A10: the right token is let in, so that the refusals below are about what they say', async () => {
  assert.equal((await ask(['job', right])).status, 200)
})

test('A10: every refusal has the same status, headers and body', async () => {
  const answers = new Set<string>()
  for (const refusal of Object.values(refusals)) {
    const { status, headers, body } = await ask(refusal)
    assert.equal(status, 401)
    const { date, 'x-request-id': id, ...others } = headers
    answers.add(JSON.stringify([status, others, body]))
  }
  assert.equal(answers.size, 1, [...answers].join('\n'))
})

const samplesOfEach = 2_000
const inFlight = 16

test('A10: the times are not separable: AUC ≤ 0.55 between any two, over 2,000 interleaved samples each', async (t) => {
  const samples = new Map<string, number[]>(Object.keys(refusals).map((kind) => [kind, []]))
  const order = Array.from({ length: samplesOfEach }, () => shuffled(Object.entries(refusals))).flat()
  const takeNext = async () => {
    for (let next = order.pop(); next !== undefined; next = order.pop()) {
      const [kind, refusal] = next
      const startedAt = performance.now()
      await ask(refusal)
      samples.get(kind)?.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, takeNext))
  const kinds = [...samples.keys()]
  for (const [index, one] of kinds.entries()) {
    for (const other of kinds.slice(index + 1)) {
      const area = areaUnderCurve(samples.get(one) ?? [], samples.get(other) ?? [])
      t.diagnostic(`AUC ${area.toFixed(3)}: ${one} / ${other}`)
      assert.ok(Math.max(area, 1 - area) <= 0.55, `AUC ${area}: ${one} / ${other}`)
    }
  }
})

const shuffled = <T>(items: T[]): T[] =>
  items
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
