import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runD15 } from './d15_random_kids.ts'

test('D15: a flood of random kids costs the issuer one key-set fetch per 30 s at most, and honest callers nothing', async () => {
  const found = await runD15({ seconds: 95, tokensPerSecond: 10 })
  console.log('D15', found)
  assert.equal(found.floodRefused, found.floodTokens)
  assert.equal(found.honestAccepted, found.honestCalls)
  assert.ok(found.keySetFetches <= found.mostKeySetFetches, `${found.keySetFetches} of ${found.mostKeySetFetches}`)
  assert.ok(found.keySetFetches > 1, 'a kid that is not known is looked for')
})
