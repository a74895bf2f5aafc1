import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@credence/protocol'
import type { IssuedCount, RefusedCount, Storage, UsageStore } from '@credence/storage'
import type { Authorization } from '../grants/authorization.ts'
import type { GrantType } from '../grants/grant_type.ts'
import { keepUsage } from './usage_keeping.ts'
import { countRefusals, createUsageRecorder } from './usage_recorder.ts'

const hour = 1_800_000_000

const createScene = (capacity = 1000) => {
  const written: { issued: readonly IssuedCount[]; refused: readonly RefusedCount[] }[] = []
  const scene = { now: hour + 5, failing: false }
  const store = {
    add: async (counts: { issued: readonly IssuedCount[]; refused: readonly RefusedCount[] }) => {
      if (scene.failing) throw new Error('away')
      written.push(counts)
    },
  } as unknown as UsageStore
  const clock = { epochSeconds: () => scene.now, monotonicMs: () => 0 }
  const isClient = async (clientId: string) => /^(job|another)/.test(clientId)
  return { scene, written, recorder: createUsageRecorder({ store, isClient, clock, capacity }) }
}

const authorization = (changed: { credentialId?: string; audience?: string; scope?: readonly string[] } = {}) =>
  ({
    clientId: 'job',
    credentialId: changed.credentialId ?? 'cred_1',
    api: { audience: changed.audience ?? 'urn:a' },
    scope: changed.scope ?? ['read'],
    ttlSeconds: 600,
  }) as unknown as Authorization

test('usage: tokens are counted by credential, API and hour, and within by scope', async () => {
  const { scene, written, recorder } = createScene()
  recorder.noteIssued(authorization())
  recorder.noteIssued(authorization({ scope: ['read', 'write'] }))
  recorder.noteIssued(authorization({ audience: 'urn:b' }))
  scene.now = hour + 3600
  recorder.noteIssued(authorization())
  await recorder.flush()
  await recorder.flush()
  const of = { clientId: 'job', credentialId: 'cred_1', audience: 'urn:a' }
  const read = new Map([['read', 1]])
  assert.deepEqual(written, [
    {
      issued: [
        { ...of, hour, tokens: 2, scopes: new Map([...read, ['read', 2], ['write', 1]]), lastIssuedAt: hour + 5 },
        { ...of, audience: 'urn:b', hour, tokens: 1, scopes: read, lastIssuedAt: hour + 5 },
        { ...of, hour: hour + 3600, tokens: 1, scopes: read, lastIssuedAt: hour + 3600 },
      ],
      refused: [],
    },
  ])
})

test('usage: what could not be written is kept, added to, and written the next time', async () => {
  const { scene, written, recorder } = createScene()
  recorder.noteIssued(authorization())
  recorder.noteRefused('job', 'invalid_scope')
  scene.failing = true
  await assert.rejects(recorder.flush(), /away/)
  scene.failing = false
  recorder.noteIssued(authorization())
  recorder.noteRefused('job', 'invalid_scope')
  await recorder.flush()
  assert.equal(written.length, 1)
  assert.deepEqual(
    written[0]?.issued.map(({ tokens, scopes }) => [tokens, scopes.get('read')]),
    [[2, 2]],
  )
  assert.deepEqual(
    written[0]?.refused.map(({ requests }) => requests),
    [2],
  )
})

test('usage: what is kept has a bound, and what is beyond it is counted as dropped', async () => {
  const { written, recorder } = createScene(2)
  for (const credentialId of ['cred_1', 'cred_2', 'cred_3', 'cred_3'])
    recorder.noteIssued(authorization({ credentialId }))
  assert.equal(recorder.dropped, 2)
  await recorder.flush()
  assert.equal(written[0]?.issued.length, 2)
})

test('usage: a batch is small, and nothing is lost between batches', async () => {
  const { written, recorder } = createScene()
  for (let at = 0; at < 600; at++) recorder.noteIssued(authorization({ credentialId: `cred_${at}` }))
  await recorder.flush()
  assert.deepEqual(
    written.map(({ issued }) => issued.length),
    [100, 100, 100, 100, 100, 100],
  )
})

test('usage: strangers are told apart up to a bound in an hour; nonsense in place of a client id is not kept', async () => {
  const { scene, written, recorder } = createScene(100_000)
  recorder.noteFailedAuthentication('job', '::ffff:192.0.2.1')
  recorder.noteFailedAuthentication('job\n<script>', '192.0.2.1')
  recorder.noteFailedAuthentication('cred_1_secret', '192.0.2.1')
  for (let at = 0; at < 3_000; at++) recorder.noteFailedAuthentication(`job-${at}`, '192.0.2.2')
  recorder.noteFailedAuthentication('job', '192.0.2.1')
  recorder.noteRefused('job', 'invalid_scope')
  await recorder.flush()
  const refused = written.flatMap((batch) => batch.refused)
  const told = (clientId: string, remoteAddress: string) =>
    refused.find((count) => count.clientId === clientId && count.remoteAddress === remoteAddress)?.requests
  assert.equal(told('job', '192.0.2.1'), 2)
  assert.equal(told('', '192.0.2.1'), 2)
  assert.equal(told('job-0', '192.0.2.2'), 1)
  assert.equal(told('', ''), 3_000 - 1_997)
  assert.equal(refused.find(({ reason }) => reason === 'invalid_scope')?.clientId, 'job')
  scene.now += 3600
  recorder.noteFailedAuthentication('another', '192.0.2.3')
  await recorder.flush()
  assert.equal(written.at(-1)?.refused[0]?.clientId, 'another')
})

test('usage: refusals of a grant type are counted by client, and thrown all the same', async () => {
  const noted: string[][] = []
  const refusal = new OAuthError('invalid_scope', 'no')
  const refuse = () => {
    throw refusal
  }
  const client = { record: { client: { clientId: 'job' } } } as unknown as Parameters<GrantType['authorize']>[1]
  const asked = {} as Parameters<GrantType['authorize']>[0]
  for (const authorize of [refuse, async () => refuse()]) {
    const counting = countRefusals({ name: 'x', authorize }, { noteRefused: (...told) => void noted.push(told) })
    await assert.rejects(async () => counting.authorize(asked, client), refusal)
  }
  assert.deepEqual(noted, [
    ['job', 'invalid_scope'],
    ['job', 'invalid_scope'],
  ])
})

test('usage: a sweep goes on until nothing is old, in small batches, and has an end', async () => {
  const sweeps: object[] = []
  let left = 3
  const store = {
    add: async () => {},
    sweep: async (sweep: object) => {
      sweeps.push(sweep)
      return left-- > 0 ? 500 : 0
    },
  } as unknown as UsageStore
  const clock = { epochSeconds: () => 1_000_000_000, monotonicMs: () => 0 }
  const usage = keepUsage({
    storage: { usage: store } as unknown as Storage,
    clock,
    days: 30,
    onError: () => () => assert.fail(),
  })
  await usage.sweep()
  assert.equal(sweeps.length, 4)
  assert.deepEqual(sweeps[0], {
    hoursBefore: 1_000_000_000 - 30 * 86_400,
    scopeUsesBefore: 1_000_000_000 - 400 * 86_400,
    limit: 500,
  })
  left = Number.POSITIVE_INFINITY
  await usage.sweep()
  assert.equal(sweeps.length, 204)
  await usage.close()
})
