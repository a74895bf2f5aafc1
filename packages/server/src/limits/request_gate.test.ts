import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRequestGate } from './request_gate.ts'

test('request gate: as many as there may be, then 503 at once; a place is free again when one leaves', () => {
  const gate = createRequestGate(2)
  gate.enter()
  gate.enter()
  assert.throws(() => gate.enter(), {
    code: 'temporarily_unavailable',
    status: 503,
    headers: { 'Retry-After': '1' },
  })
  assert.deepEqual([gate.underWay, gate.refused], [2, 1])
  gate.leave()
  gate.enter()
  assert.deepEqual([gate.underWay, gate.refused], [2, 1])
})
