import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRequestGate } from './request_gate.ts'

test('request gate: as many as there may be, then 503 at once; a place is free again when one ends, however it does', async () => {
  const gate = createRequestGate(2)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const [one, two] = [gate.pass(() => promise), gate.pass(() => promise)]
  await assert.rejects(
    gate.pass(() => assert.fail('worked on')),
    { code: 'temporarily_unavailable', status: 503, headers: { 'Retry-After': '1' } },
  )
  assert.deepEqual([gate.underWay, gate.refused], [2, 1])
  reject(new Error('broken'))
  await Promise.allSettled([one, two])
  resolve('late')
  assert.equal(gate.underWay, 0)
  assert.equal(await gate.pass(() => 'next'), 'next')
  await assert.rejects(
    gate.pass(() => {
      throw new Error('at once')
    }),
    /at once/,
  )
  assert.equal(gate.underWay, 0)
})
