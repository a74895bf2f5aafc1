import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change, ChangeLog } from '@credence/storage'
import { followChanges } from './change_follower.ts'

const logOf = (changes: Change[], oldest = () => 0): ChangeLog => ({
  latest: async () => changes.at(-1)?.version ?? 0,
  since: async (version, limit) =>
    version < oldest() ? undefined : changes.filter((change) => change.version > version).slice(0, limit),
})

const change = (version: number): Change => ({ version, subject: 'client', key: `client-${version}` })
const hourMs = 3_600_000

test('change follower: applies each change once and in order, however many ask at once', async () => {
  const changes = [change(1)]
  const applied: number[] = []
  const follower = await followChanges(logOf(changes), {
    intervalMs: hourMs,
    apply: ({ version }) => void applied.push(version),
    reset: () => assert.fail('nothing was lost'),
    onError: (error) => assert.fail(String(error)),
  })
  for (let version = 2; version <= 2500; version++) changes.push(change(version))
  await Promise.all(Array.from({ length: 20 }, () => follower.catchUp()))
  assert.deepEqual(
    applied,
    Array.from({ length: 2499 }, (_, index) => index + 2),
  )
  follower.stop()
})

test('change follower: a log that no longer reaches back makes it forget everything and go on from the newest', async () => {
  const changes = [change(1)]
  const applied: number[] = []
  let resets = 0
  let oldest = 0
  const follower = await followChanges(
    logOf(changes, () => oldest),
    {
      intervalMs: hourMs,
      apply: ({ version }) => void applied.push(version),
      reset: () => void resets++,
      onError: (error) => assert.fail(String(error)),
    },
  )
  changes.push(change(900))
  oldest = 800
  await follower.catchUp()
  assert.equal(resets, 1)
  changes.push(change(901))
  await follower.catchUp()
  assert.deepEqual(applied, [901])
  follower.stop()
})

test('change follower: goes on after a failed read', async () => {
  const changes: Change[] = []
  const applied: number[] = []
  let down = false
  const log = logOf(changes)
  const follower = await followChanges(
    { ...log, since: (version, limit) => (down ? Promise.reject(new Error('down')) : log.since(version, limit)) },
    {
      intervalMs: hourMs,
      apply: ({ version }) => void applied.push(version),
      reset: () => {},
      onError: (error) => assert.fail(String(error)),
    },
  )
  changes.push(change(1))
  down = true
  await assert.rejects(follower.catchUp(), /down/)
  down = false
  await follower.catchUp()
  assert.deepEqual(applied, [1])
  follower.stop()
})

test('change follower: a notice has it read at once; many during a read are one more; none once it has stopped', async () => {
  const changes: Change[] = []
  const applied: number[] = []
  const log = logOf(changes)
  let reads = 0
  let notice = () => {}
  let watching = true
  const follower = await followChanges(
    {
      ...log,
      since: async (version, limit) => {
        reads++
        await new Promise((resolve) => setImmediate(resolve))
        return log.since(version, limit)
      },
    },
    {
      intervalMs: hourMs,
      apply: ({ version }) => void applied.push(version),
      reset: () => {},
      onError: (error) => assert.fail(String(error)),
      watch: (onChange) => {
        notice = onChange
        return () => {
          watching = false
        }
      },
    },
  )
  changes.push(change(1))
  for (let times = 0; times < 100; times++) notice()
  await new Promise((resolve) => setImmediate(resolve))
  changes.push(change(2))
  for (let times = 0; times < 100; times++) notice()
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(applied, [1, 2])
  assert.ok(reads <= 3, `${reads} reads`)
  follower.stop()
  assert.equal(watching, false)
})
