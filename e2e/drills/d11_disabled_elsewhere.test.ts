import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitMs, runD11 } from './d11_disabled_elsewhere.ts'

test('D11: a client disabled on replica A is refused on B within 5 s, also when B is not told', async () => {
  const { toldAfterMs, untoldAfterMs } = await runD11(2)
  const worst = (list: readonly number[]) => Math.round(list.at(-1) ?? Number.NaN)
  console.log(`D11: told, refused within ${worst(toldAfterMs)} ms; not told, within ${worst(untoldAfterMs)} ms`)
  assert.equal(toldAfterMs.length, 2)
  for (const ms of [...toldAfterMs, ...untoldAfterMs]) assert.ok(ms < limitMs, `${ms} ms`)
})
