import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identifyMachine } from './identify_machine.ts'

test('A1: the same machine is the same for every process, and short enough for a key of the store', () => {
  const now = Math.floor(Date.now() / 1000)
  assert.equal(identifyMachine(now), identifyMachine(now))
  assert.match(identifyMachine(now), /^[A-Za-z0-9_-]{43}$/)
})
