import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createResourceServer } from '@credence/verifier'
import { jsonOf } from '../support/http.ts'
import { askToken, assertRefused } from '../support/token.ts'
import { askReplacement, type HeldCredential, type NewCredential, replaceCredential } from './self_rotating_client.ts'
import { startServerInProcess } from './server_in_process.ts'

const audience = 'https://orders.example.com'
const minute = 60
const day = 86_400

const server = await startServerInProcess()
after(server.dispose)
await server.manageJson('POST', '/apis', { audience, scopes: ['orders:read'] })

const createClient = async (clientId: string, settings: object = {}): Promise<HeldCredential> =>
  (await server.manageJson('POST', '/clients', {
    client_id: clientId,
    grants: [{ audience, scopes: ['orders:read'] }],
    managed_rotation: {},
    ...settings,
  })) as unknown as HeldCredential

const listCredentials = async (clientId: string) =>
  (await server.manageJson('GET', `/clients/${clientId}/credentials`)).items as readonly Record<string, unknown>[]

const replaceOnce = async (held: HeldCredential): Promise<NewCredential> => {
  const answer = await askReplacement(server, held)
  assert.equal(answer.status, 201, answer.body)
  return jsonOf(answer) as unknown as NewCredential
}

test('three rotations under load: no failed call, and every old secret is refused once its overlap has passed', async (t) => {
  const overlap = 5 * minute
  const first = await createClient('busy', {
    managed_rotation: { overlap_seconds: overlap },
    credential: { label: 'cluster a', expires_in: 90 * day },
  })
  const orders = createResourceServer({
    resource: audience,
    issuers: [{ issuer: server.issuer }],
    clock: server.clock,
  })
  let held = first
  let stopped = false
  const calls = { total: 0, failed: [] as string[] }

  /** One caller of many: a token with whatever secret the client holds now, then a call to an API that verifies it. */
  const work = async () => {
    while (!stopped) {
      calls.total++
      const answer = await askToken(server, held)
      const token = String(answer.status === 200 ? jsonOf(answer).access_token : '')
      const called = await orders.verify({ headers: { authorization: `Bearer ${token}` } }, { all: ['orders:read'] })
      if (!called.ok) calls.failed.push(`${answer.status} ${answer.body.slice(0, 200)}`)
    }
  }
  const untilCalls = async (count: number) => {
    const enough = calls.total + count
    while (calls.total < enough && calls.failed.length === 0) await new Promise((resolve) => setImmediate(resolve))
  }

  const workers = Array.from({ length: 8 }, work)
  const replaced: HeldCredential[] = []
  // ids sort by the second they were made in
  server.clock.advance(1)
  for (let rotation = 1; rotation <= 3; rotation++) {
    await untilCalls(200)
    const made = await replaceCredential(server, held)
    assert.equal(made.replaces.credential_id, held.credential_id)
    replaced.push(held)
    held = made
    await untilCalls(200)
    server.clock.advance(2 * minute)
  }
  await untilCalls(200)
  // the last overlap has three minutes to go; the workers go on through its end
  server.clock.advance(overlap)
  await untilCalls(200)
  stopped = true
  await Promise.all(workers)

  assert.deepEqual(calls.failed, [])
  t.diagnostic(`${calls.total} calls, ${calls.failed.length} failed, ${replaced.length} rotations`)
  for (const old of replaced) assertRefused(await askToken(server, old), 'invalid_client')
  assert.equal((await askToken(server, held)).status, 200)

  const listed = await listCredentials('busy')
  assert.deepEqual(
    listed.map(({ status, label, replaces }) => [status, label, replaces]),
    [
      ['expired', 'cluster a', undefined],
      ['expired', 'cluster a', first.credential_id],
      ['expired', 'cluster a', replaced[1]?.credential_id],
      ['live', 'cluster a', replaced[2]?.credential_id],
    ],
  )
  const lifetime = (credential: Record<string, unknown>) =>
    Number(credential.expires_at) - Number(credential.created_at)
  assert.equal(lifetime(listed[3] ?? {}), 90 * day, 'the new one lives as long as the first was made for')
})

test('the answer: names of RFC 7591 §3.2.1, never stored, and until when the old one works', async () => {
  const client = await createClient('answered')
  const answer = await askReplacement(server, client)
  assert.equal(answer.status, 201)
  assert.equal(answer.headers['cache-control'], 'no-store')
  const { client_id, client_secret, credential_id, client_secret_expires_at, replaces, ...rest } = jsonOf(answer)
  assert.deepEqual(rest, {})
  assert.deepEqual([client_id, client_secret_expires_at], ['answered', 0])
  assert.ok(String(client_secret).startsWith(`${credential_id}_`))
  const { usable_until: until, ...of } = replaces as NewCredential['replaces']
  assert.deepEqual(of, { credential_id: client.credential_id })
  const left = until - server.clock.epochSeconds()
  assert.ok(left > day - minute && left <= day, `24 hours of overlap unless set: ${left}`)
})

test('an answer that was lost: asking again with the old secret works, and the new one that nobody used is void', async () => {
  const client = await createClient('crashed')
  const lost = await replaceOnce(client)
  const tooSoon = await askReplacement(server, client)
  assert.equal(tooSoon.status, 429, tooSoon.body)
  assert.ok(Number(tooSoon.headers['retry-after']) <= minute)
  server.clock.advance(minute)
  const stored = await replaceOnce(client)
  assertRefused(await askToken(server, lost), 'invalid_client')
  assert.equal((await askToken(server, stored)).status, 200)
  assert.equal((await askToken(server, client)).status, 200)
})

test('a stolen old secret makes no new one: what was replaced and superseded may only ask for tokens', async () => {
  const client = await createClient('stolen')
  await replaceCredential(server, client)
  server.clock.advance(2 * minute)
  const answer = await askReplacement(server, client)
  assert.match(assertRefused(answer, 'unauthorized_client'), /replaced by cred_\w+, which is in use/)
  assert.equal((await askToken(server, client)).status, 200)
})

test('who asks all the time is bounded: five usable in a row, then Retry-After until the oldest ends', async () => {
  let held = await createClient('eager')
  for (let round = 0; round < 4; round++) {
    server.clock.advance(minute)
    held = await replaceCredential(server, held)
  }
  server.clock.advance(minute)
  const answer = await askReplacement(server, held)
  assert.equal(answer.status, 429, answer.body)
  assert.match(answer.body, /4 credentials that it replaced are still usable/)
  const wait = Number(answer.headers['retry-after'])
  assert.ok(wait > day - 10 * minute && wait <= day - 4 * minute, String(wait))
  server.clock.advance(wait)
  await replaceCredential(server, held)
})

test('off unless an operator turned it on, and off again at once', async () => {
  const client = await createClient('plain', { managed_rotation: undefined })
  assertRefused(await askReplacement(server, client), 'unauthorized_client')
  const on = await server.manageJson('PATCH', '/clients/plain', { managed_rotation: { overlap_seconds: 3_600 } })
  assert.deepEqual(on.managed_rotation, { overlap_seconds: 3_600 })
  await replaceOnce(client)
  await server.manageJson('PATCH', '/clients/plain', { managed_rotation: null })
  assertRefused(await askReplacement(server, client), 'unauthorized_client')
})

test('RFC 6749 §2.3: authenticated as at the token endpoint, and refused in the same words', async () => {
  const client = await createClient('known')
  const wrong = { ...client, client_secret: `${client.credential_id}_${'x'.repeat(43)}` }
  const [here, there] = [await askReplacement(server, wrong), await askToken(server, wrong)]
  assertRefused(here, 'invalid_client')
  assert.deepEqual([here.status, here.body], [there.status, there.body])
  assert.equal(here.headers['www-authenticate'], there.headers['www-authenticate'])
  await server.manageJson('PATCH', '/clients/known', { disabled: true })
  assertRefused(await askReplacement(server, client), 'invalid_client')
})

test('the audit log says who replaced what, and holds no secret', async () => {
  const client = await createClient('audited')
  const made = await replaceOnce(client)
  const { items } = await server.manageJson('GET', '/audit-events?action=credential.replace&limit=100')
  const events = items as readonly { readonly actor: string; readonly subject: string; readonly details: object }[]
  const event = events.find(({ subject }) => subject === `clients/audited/credentials/${made.credential_id}`)
  assert.equal(event?.actor, 'client:audited')
  assert.ok(!JSON.stringify(events).includes(made.client_secret.slice(-43)))
})
