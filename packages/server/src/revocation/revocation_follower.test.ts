import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createSteadyClock } from '@credence/protocol'
import { openStorage } from '@credence/storage'
import { followChanges } from '../directory/change_follower.ts'
import { createLiveRevocations } from './live_revocations.ts'
import { revocationOfToken } from './new_revocation.ts'
import { createRevocationFollower } from './revocation_follower.ts'
import { sweepRevocations } from './sweep_revocations.ts'

const folder = await mkdtemp(join(tmpdir(), 'credence-revocations-'))
const storage = await openStorage({ database: { kind: 'sqlite', file: join(folder, 'credence.db') } })
after(async () => {
  await storage.close()
  await rm(folder, { recursive: true })
})

const now = 1_800_000_000
const issuer = 'https://auth.example.com'
const append = (jti: string, expiresAt = now + 600) =>
  storage.revocations.append(revocationOfToken({ issuer, jti, expiresAt }, now))
const isDenied = (jti: string) => live.isDenied({ iss: issuer, jti, iat: now, client_id: 'job', aud: 'a' })

let woken = 0
const live = createLiveRevocations()
const { changes, revocations: store } = storage
const follower = createRevocationFollower({ store, changes, live, onNew: () => woken++ })

test('what was stored before, between and after is known, each once', async () => {
  await append('before')
  await follower.load()
  await append('between')
  const changeFollower = await followChanges(changes, {
    intervalMs: 1e6,
    apply: follower.apply,
    reset: follower.load,
    onError: assert.ifError,
  })
  await follower.readNew()
  await append('after')
  await changeFollower.catchUp()
  changeFollower.stop()
  for (const jti of ['before', 'between', 'after']) assert.equal(isDenied(jti), true, jti)
  assert.equal(live.size, 3)
  assert.ok(woken > 0)
  assert.equal(live.version, await changes.latest())
})

test('D17: a row goes once the token that it denies is expired, with the widest tolerance there is, and not before', async () => {
  await append('short', now + 10)
  await follower.readNew()
  const at = (epochSeconds: number) =>
    sweepRevocations({ store, live, clock: { epochSeconds: () => epochSeconds, monotonicMs: () => 0 } })
  assert.equal(await at(now + 69), 0)
  assert.equal(isDenied('short'), true)
  assert.equal(await at(now + 70), 1)
  assert.equal(isDenied('short'), false)
  assert.equal(live.size, 3)
  assert.equal((await store.since(0, 10)).length, 3)
})

test('D17: a clock that steps an hour ahead and back forgets nothing meanwhile', () => {
  let [epochSeconds, monotonicMs] = [now, 0]
  const steady = createSteadyClock({ epochSeconds: () => epochSeconds, monotonicMs: () => monotonicMs })
  ;[epochSeconds, monotonicMs] = [now + 3_600, 30_000]
  assert.equal(steady.epochSeconds(), now + 30)
  ;[epochSeconds, monotonicMs] = [now + 31, 31_000]
  assert.equal(steady.epochSeconds(), now + 31)
  ;[epochSeconds, monotonicMs] = [now - 3_600, 32_000]
  assert.equal(steady.epochSeconds(), now - 3_600)
})

test('a sweep takes thousands in batches', async () => {
  await storage.transaction(async ({ revocations }) => {
    for (let at = 0; at < 1_200; at++)
      await revocations.append(revocationOfToken({ issuer, jti: `bulk-${at}`, expiresAt: now }, now))
  })
  await follower.readNew()
  assert.equal(live.size, 1_203)
  const clock = { epochSeconds: () => now + 61, monotonicMs: () => 0 }
  assert.equal(await sweepRevocations({ store, live, clock }), 1_200)
  assert.equal(live.size, 3)
})
