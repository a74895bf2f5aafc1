import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseDuration, parseGrant } from './command_options.ts'

it('durations are a number and a unit', () => {
  for (const [text, seconds] of [
    ['30s', 30],
    ['10m', 600],
    ['90d', 7_776_000],
    ['1.5h', 5400],
    ['2 days', 172_800],
  ] as const) {
    assert.equal(parseDuration(text), seconds, text)
  }
  for (const text of ['', '10', '-5m', '0s', '1ms', 'm', '1e99d', '10 parsecs', '1.2.3h']) {
    assert.throws(() => parseDuration(text), { code: 'commander.invalidArgument' }, text)
  }
})

it('contract: a grant is AUDIENCE=scope,scope, and an audience may contain =', () => {
  assert.deepEqual(parseGrant('https://a.example/?x=1=r,w'), { audience: 'https://a.example/?x=1', scopes: ['r', 'w'] })
  for (const text of ['', 'a', '=r', 'a=', 'a=r,', 'a=,r']) {
    assert.throws(() => parseGrant(text), { code: 'commander.invalidArgument' }, text)
  }
})
