import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { signatureAlgorithms } from '@credence/jwt'
import { documentMaxAgeSeconds } from '../http/respond.ts'
import { tokenTtlLimits } from '../policy/lifetime.ts'
import { followKeySchedule } from './key_schedule.ts'
import { maxKeysPerAlgorithm, publishedForSeconds, retiredForSeconds, signsUnconfirmedForSeconds } from './key_times.ts'
import { day, statusesOf, withKeys } from './testing/key_setting.ts'

test('key times: a key is known to every cache before it signs, and stays until its last token has expired everywhere', () => {
  assert.ok(publishedForSeconds >= 2 * documentMaxAgeSeconds)
  assert.ok(retiredForSeconds >= tokenTtlLimits.most + signsUnconfirmedForSeconds + 60)
  // @credence/jwt and others refuse a set of more than 100
  assert.ok((maxKeysPerAlgorithm + 1) * signatureAlgorithms.length <= 100)
})

test(
  'key schedule: published ahead, active on the day, the last one retired, then removed; each step told to the audit log',
  withKeys(async ({ clock, replica }) => {
    const one = await replica()
    await (await one.startRing()).signerFor('ES256')
    const [first] = await one.store.list()
    const start = clock.now
    assert.equal(await one.round(), 0)

    clock.now = start + 30 * day - publishedForSeconds - 1
    assert.equal(await one.round(), 0)
    clock.now++
    assert.equal(await one.round(), 1)
    assert.equal(await statusesOf(one), 'ES256 active, ES256 published')
    assert.equal(await one.round(), 0)

    clock.now = start + 30 * day - 1
    assert.equal(await one.round(), 0)
    clock.now++
    assert.equal(await one.round(), 1)
    assert.equal(await statusesOf(one), 'ES256 retired, ES256 active')

    clock.now += retiredForSeconds - 1
    assert.equal(await one.round(), 0)
    clock.now++
    assert.equal(await one.round(), 1)
    const [second] = await one.store.list()
    assert.equal(await statusesOf(one), 'ES256 active')

    const told = await one.storage.auditEvents.list({ limit: 10, order: 'oldest_first' })
    assert.deepEqual(
      told.map(({ action, subject, actor }) => [action, subject, actor]),
      [
        ['create', first],
        ['publish', second],
        ['retire', first],
        ['activate', second],
        ['remove', first],
      ].map(([step, key]) => [`signing_key.${step}`, `signing-keys/${(key as { kid: string }).kid}`, 'server']),
    )
    assert.doesNotMatch(JSON.stringify(told), /"d"|sealed/)
  }),
)

test(
  'key schedule: every algorithm that has signed is rotated, on its own day',
  withKeys(async ({ clock, replica }) => {
    const one = await replica()
    const ring = await one.startRing()
    await ring.signerFor('ES256')
    clock.now += day
    await ring.reload()
    await ring.signerFor('EdDSA')
    clock.now += 29 * day
    assert.equal(await one.round(), 1)
    assert.equal(await statusesOf(one), 'ES256 active, EdDSA active, ES256 published')
    clock.now += day
    assert.equal(await one.round(), 2)
    assert.equal(await statusesOf(one), 'ES256 retired, EdDSA active, ES256 active, EdDSA published')
  }),
)

test(
  'key schedule: with rotation off nothing new is published, and what is under way is finished all the same',
  withKeys(async ({ clock, replica }) => {
    const rotating = await replica()
    const off = await replica({ rotateAfterSeconds: undefined })
    await (await off.startRing()).signerFor('ES256')
    clock.now += 99 * day
    assert.equal(await off.round(), 0)
    assert.equal(await rotating.round(), 1)
    clock.now += publishedForSeconds
    assert.equal(await off.round(), 1)
    clock.now += retiredForSeconds
    assert.equal(await off.round(), 1)
    assert.equal(await statusesOf(off), 'ES256 active')
  }),
)

test(
  'key schedule: of many replicas at once one takes each step, and what one leaves undone another does',
  withKeys(async ({ clock, replica }) => {
    const replicas = await Promise.all(Array.from({ length: 5 }, () => replica()))
    const [first] = replicas
    assert.ok(first)
    await Promise.all(replicas.map(async (one) => (await one.startRing()).signerFor('ES256')))
    assert.equal(await statusesOf(first), 'ES256 active')
    const together = async () => (await Promise.all(replicas.map((one) => one.round()))).reduce((sum, n) => sum + n, 0)
    clock.now += 30 * day
    assert.equal(await together(), 1)
    clock.now += publishedForSeconds
    assert.equal(await together(), 1)
    clock.now += retiredForSeconds
    assert.equal(await together(), 1)
    assert.equal(await statusesOf(first), 'ES256 active')
  }),
)

test(
  'key schedule: a server that was off for a year publishes first, and waits before the new key signs',
  withKeys(async ({ clock, replica }) => {
    const one = await replica()
    await (await one.startRing()).signerFor('ES256')
    clock.now += 365 * day
    await one.round()
    await one.round()
    assert.equal(await statusesOf(one), 'ES256 active, ES256 published')
    clock.now += publishedForSeconds
    await one.round()
    assert.equal(await statusesOf(one), 'ES256 retired, ES256 active')
  }),
)

test(
  'key schedule: a timer takes the steps and has the ring read them; once stopped it takes none',
  withKeys(async ({ clock, replica }) => {
    const one = await replica()
    const ring = await one.startRing()
    await ring.signerFor('ES256')
    mock.timers.enable({ apis: ['setInterval'] })
    try {
      const stop = followKeySchedule(ring, one, (error) => one.errors.push(error))
      clock.now += 30 * day
      mock.timers.tick(10_000)
      // it waits for the round that the tick began
      await stop()
      assert.deepEqual(ring.countByStatus(), { published: 1, active: 1, retired: 0 })
      clock.now += day
      mock.timers.tick(60_000)
      await stop()
      assert.deepEqual(ring.countByStatus(), { published: 1, active: 1, retired: 0 })
      assert.deepEqual(one.errors, [])
    } finally {
      mock.timers.reset()
    }
  }),
)
