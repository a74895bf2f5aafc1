import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { startPostgres } from '../../packages/storage/src/testing/embedded_postgres.ts'
import { type RunningCredence, startCredence, type TestClient } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { askWith, createDpopKey, createOrdersApi, createReader, rightClaims } from './setting.ts'

const copies = 200

/** How many of the copies succeed; every other one must be refused as a replay. */
const sendCopies = async (servers: readonly RunningCredence[], client: TestClient, proof: string): Promise<number> => {
  const answers = await Promise.all(
    Array.from({ length: copies }, (_, n) => askWith(servers[n % servers.length] ?? assert.fail(), client, proof)),
  )
  const refused = answers.filter(({ status }) => status !== 200)
  for (const answer of refused) {
    assert.equal(answer.status, 400, answer.body)
    assert.equal(jsonOf(answer).error, 'invalid_dpop_proof')
  }
  return copies - refused.length
}

describe('A1: one server over SQLite', () => {
  test('A1: the same proof 200 times in parallel → one success; none after kill -9 and a restart', async () => {
    const credence = await startCredence()
    const args = ['--issuer', credence.issuer]
    await createOrdersApi(credence)
    const reader = await createReader(credence)
    const { prove } = await createDpopKey()
    const proof = prove(rightClaims(credence))
    assert.equal(await sendCopies([credence], reader, proof), 1)
    const unused = prove(rightClaims(credence))

    process.kill(credence.pid, 'SIGKILL')
    const again = await startCredence({ data: credence.data, args })
    try {
      assert.equal(await sendCopies([again], reader, proof), 0)
      assert.equal((await askWith(again, reader, unused)).status, 200)
    } finally {
      await again.stop()
      await credence.dispose()
    }
  })
})

describe('A1: replicas over PostgreSQL', () => {
  const issuer = 'https://auth.example.com'
  let postgres: Awaited<ReturnType<typeof startPostgres>>
  let replicas: readonly RunningCredence[] = []
  let reader: TestClient

  before(async () => {
    postgres = await startPostgres()
    const args = ['--database-url', await postgres.createDatabase(), '--issuer', issuer, '--dpop-nonce', 'required']
    const environment = { CREDENCE_MASTER_KEY: randomBytes(32).toString('base64') }
    const first = await startCredence({ args, environment })
    replicas = [first, await startCredence({ args, environment })]
    await createOrdersApi(first)
    reader = await createReader(first)
  })
  after(async () => {
    for (const replica of replicas) await replica.dispose()
    await postgres?.stop()
  })

  test('A1, RFC 9449 §8: the nonce of one replica is good at the other, and a proof once over both', async () => {
    const { prove } = await createDpopKey()
    const [first = assert.fail(), second = assert.fail()] = replicas
    const asked = await askWith(first, reader, prove(rightClaims({ issuer })))
    assert.equal(jsonOf(asked).error, 'use_dpop_nonce')
    const nonce = asked.headers['dpop-nonce']
    assert.equal((await askWith(second, reader, prove({ ...rightClaims({ issuer }), nonce }))).status, 200)
    assert.equal(await sendCopies(replicas, reader, prove({ ...rightClaims({ issuer }), nonce })), 1)
  })
})
