import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createExamination, need } from './examination.ts'
import { fail, good, Skipped } from './finding.ts'

test('what builds on a check waits for it, and is skipped when it came to nothing; a failure may still have a value', async () => {
  const examination = createExamination()
  const first = examination.start('dns', async () => good('found', 7))
  const second = examination.start('connect', async () => good(`${await need(first)}`, true))
  const broken = examination.start('tls', async () => fail<number>({ code: 'x', found: 'broken', advice: 'mend it' }))
  const skipped = examination.start('clock', async () => good(`${await need(broken)}`, true))
  const partly = examination.start('issuer', async () => fail({ code: 'x', found: 'odd', advice: 'look' }, 8))
  const going = examination.start('scope', async () => good(`${await need(partly)}`, true))
  const results = await Promise.all([second, skipped, going].map(({ result }) => result))
  examination.end()
  assert.deepEqual(
    results.map(({ check, status, code, found }) => [check, status, code, found]),
    [
      ['connect', 'ok', 'ok', '7'],
      ['clock', 'skipped', 'needs_another', 'tls came to nothing'],
      ['scope', 'ok', 'ok', '8'],
    ],
  )
})

test('the time is bounded: what is not done then has failed, requests are told, and the rest is skipped', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const examination = createExamination()
  const done = examination.start('dns', async () => good('found', true))
  const hanging = examination.start('connect', () => new Promise<never>(() => undefined))
  const behind = examination.start('tls', async () => good(`${await need(hanging)}`, true))
  await done.result
  t.mock.timers.tick(25_000)
  assert.equal(examination.signal.aborted, true)
  assert.equal((await done.result).status, 'ok')
  assert.deepEqual([(await hanging.result).status, (await hanging.result).code], ['failed', 'timeout'])
  assert.notEqual((await behind.result).status, 'ok')
})

test('prepared work that is skipped is no unhandled rejection, and tells those who come for it', async () => {
  const examination = createExamination()
  const prepared = examination.prepare(async () => Promise.reject(new Skipped('no_client', 'nobody')))
  await new Promise((resolve) => setImmediate(resolve))
  const step = examination.start('scope', async () => good(String(await prepared), true))
  assert.equal((await step.result).code, 'no_client')
  examination.end()
})

test('a fault of a check itself is a failure of that check alone, and what a document says is cut', async () => {
  const examination = createExamination()
  const faulty = examination.start('dns', async () => {
    throw new TypeError('boom')
  })
  const long = examination.start('issuer', async () => good('x'.repeat(100_000), true))
  assert.deepEqual([(await faulty.result).status, (await faulty.result).code], ['failed', 'internal'])
  assert.equal((await long.result).found.length, 600)
  examination.end()
})
