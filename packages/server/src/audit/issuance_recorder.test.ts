import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api, AuditEvent } from '@credence/storage'
import { createIssuanceRecorder } from './issuance_recorder.ts'

const start = 1_800_000_000
const api = { audience: 'urn:x' } as Api
const payload = Buffer.from(JSON.stringify({ jti: 'id', exp: start + 600 })).toString('base64url')

const createIssuance = ({ each = false, capacity = 10, token = `header.${payload}.signature` } = {}) => {
  const clock = { now: start, epochSeconds: () => clock.now, monotonicMs: () => 0 }
  const recorder = createIssuanceRecorder({ clock, each, capacity })
  const issued = { access_token: token, token_type: 'Bearer', expires_in: 600, scope: 'a' } as const
  const issueTo = (clientId: string) =>
    recorder.note({ clientId, credentialId: 'cred_1', api, scope: ['a'], ttlSeconds: 600 }, issued)
  const written = async (flush: (write: (events: readonly AuditEvent[]) => Promise<void>) => Promise<void>) => {
    const events: AuditEvent[] = []
    await flush(async (some) => void events.push(...some))
    return events
  }
  const takeSingle = () => written(recorder.flushSingle)
  const takeCounts = (always: boolean) => written((write) => recorder.flushCounts(write, always))
  return { clock, recorder, issueTo, takeSingle, takeCounts }
}

test('tokens are counted by client, and an hour of counts is one record', async () => {
  const { clock, issueTo, takeSingle, takeCounts } = createIssuance()
  for (const client of ['a', 'b', 'a']) issueTo(client)
  assert.deepEqual(await takeCounts(false), [])
  assert.deepEqual(await takeSingle(), [])
  clock.now += 3_600
  const [event] = await takeCounts(false)
  assert.deepEqual(event?.details, { from: start, until: start + 3_600, issued: 3, by_client: { a: 2, b: 1 } })
  clock.now += 3_600
  assert.deepEqual(await takeCounts(false), [], 'an hour without a token is no record')
  issueTo('a')
  assert.equal((await takeCounts(true))[0]?.details.issued, 1, 'at the end of the server')
})

test('clients beyond a bound are in the sum alone', async () => {
  const { issueTo, takeCounts } = createIssuance()
  for (let client = 0; client < 300; client++) issueTo(`c${client}`)
  const [event] = await takeCounts(true)
  assert.equal(event?.details.issued, 300)
  assert.equal(Object.keys(event?.details.by_client ?? {}).length, 200)
})

test('asked for, every token is recorded by its jti and never by itself', async () => {
  const { issueTo, takeSingle } = createIssuance({ each: true })
  issueTo('job')
  const [event] = await takeSingle()
  assert.deepEqual(event?.details, { aud: 'urn:x', scope: 'a', jti: 'id', exp: start + 600 })
  assert.equal(event?.actor, 'client:job')
  assert.doesNotMatch(JSON.stringify(event), /signature/)
})

test('more tokens than can be written are counted, and the count is recorded', async () => {
  const { issueTo, takeSingle } = createIssuance({ each: true, capacity: 2 })
  for (let token = 0; token < 5; token++) issueTo('job')
  const events = await takeSingle()
  assert.deepEqual(
    events.map(({ action }) => action),
    ['token.issue', 'token.issue', 'token.unrecorded'],
  )
  assert.equal(events[2]?.details.count, 3)
})

test('a sealed token has nothing that could be read from it', async () => {
  const { issueTo, takeSingle } = createIssuance({ each: true, token: 'opaque' })
  issueTo('job')
  assert.deepEqual((await takeSingle())[0]?.details, { aud: 'urn:x', scope: 'a' })
})

test('what could not be written is kept, single tokens and counts alike', async () => {
  const { recorder, issueTo, takeSingle, takeCounts } = createIssuance({ each: true })
  issueTo('job')
  const fail = async () => {
    issueTo('job')
    throw new Error('unavailable')
  }
  await assert.rejects(recorder.flushSingle(fail), /unavailable/)
  await assert.rejects(recorder.flushCounts(fail, true), /unavailable/)
  assert.equal((await takeSingle()).length, 3)
  assert.deepEqual((await takeCounts(true))[0]?.details, {
    from: start,
    until: start,
    issued: 3,
    by_client: { job: 3 },
  })
})
