import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startPostgres } from '../../packages/storage/src/testing/embedded_postgres.ts'
import { scrape } from '../observability/exposed_metrics.ts'
import { startCredence } from '../support/credence.ts'
import { assertRefused } from '../support/token.ts'
import { askWith, audience, createKey, makeAssertion, openRegistrar } from './setting.ts'

describe('over SQLite', async () => {
  const credence = await startCredence({ args: ['--failed-authentications-per-minute', '100000'] })
  after(credence.dispose)
  await credence.createApi({ audience, scopes: ['orders:read'] })
  const registrar = await openRegistrar(credence)
  after(registrar.close)
  const key = createKey()
  const job = { clientId: 'job', issuer: credence.issuer }
  await registrar.register('job', { jwks: { keys: [key.publicJwk] } })

  test('A1: the same assertion 200 times in parallel → one success', async () => {
    const assertion = makeAssertion(key, job)
    const answers = await Promise.all(Array.from({ length: 200 }, () => askWith(credence, assertion)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    for (const answer of answers.filter(({ status }) => status !== 200)) assertRefused(answer, 'invalid_client')
  })

  test('15: 200 different ones in parallel all succeed, in few writes; another client may use the same jti', async () => {
    const assertions = Array.from({ length: 200 }, () => makeAssertion(key, job))
    const answers = await Promise.all(assertions.map((assertion) => askWith(credence, assertion)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 200)
    const other = createKey()
    await registrar.register('other', { jwks: { keys: [other.publicJwk] } })
    const claims = { jti: 'the same' }
    assert.equal((await askWith(credence, makeAssertion(key, job, { claims }))).status, 200)
    const others = { clientId: 'other', issuer: credence.issuer }
    assert.equal((await askWith(credence, makeAssertion(other, others, { claims }))).status, 200)
    assertRefused(await askWith(credence, makeAssertion(key, job, { claims })), 'invalid_client')
  })

  test('credence_replay_refused_total counts what was used before', async () => {
    const exposed = await scrape(credence)
    const replayed = /^credence_replay_refused_total\{reason="replayed"\} (\d+)$/m.exec(exposed)?.[1]
    assert.equal(Number(replayed), 200)
    assert.match(exposed, /^credence_replay_refused_total\{reason="uncertain"\} 0$/m)
    assert.match(exposed, /^credence_replay_waiting_claims 0$/m)
  })
})

describe('when the store fails', async () => {
  const postgres = await startPostgres()
  const url = await postgres.createDatabase()
  const credence = await startCredence({ args: ['--database-url', url, '--issuer', 'https://auth.example.com'] })
  after(credence.dispose)
  await credence.createApi({ audience, scopes: ['orders:read'] })
  const registrar = await openRegistrar(credence, url)
  const key = createKey()
  const job = { clientId: 'job', issuer: credence.issuer }
  await registrar.register('job', { jwks: { keys: [key.publicJwk] } })

  test('D7: with the database down an assertion is answered 503 with Retry-After within 2 s, never 401', async () => {
    assert.equal((await askWith(credence, makeAssertion(key, job))).status, 200)
    await registrar.close()
    await postgres.stop()
    const startedAt = performance.now()
    const answers = await Promise.all(Array.from({ length: 20 }, () => askWith(credence, makeAssertion(key, job))))
    const tookMs = performance.now() - startedAt
    for (const answer of answers) {
      assertRefused(answer, 'temporarily_unavailable', 503)
      assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
    }
    // the promise to callers, not a speed: the limit is the one that the queue of claims sets itself
    assert.ok(tookMs < 2_000, `${tookMs} ms`)
  })
})
