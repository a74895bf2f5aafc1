import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@credence/protocol'
import type { AuditEvent } from '@credence/storage'
import { createFailureRecorder } from './failure_recorder.ts'

const start = 1_800_000_000
const clockAt = () => {
  const clock = { now: start, epochSeconds: () => clock.now, monotonicMs: () => clock.now * 1000 }
  return clock
}

const refused = new OAuthError('invalid_client', 'client authentication failed', { detail: 'wrong secret' })

const createRecorder = (capacity = 100, refusal = refused) => {
  const clock = clockAt()
  const recorder = createFailureRecorder(clock, capacity)
  const fail = (clientId: string, address = '::1') =>
    recorder.note(refusal, { method: 'client_secret_basic', clientId, clientSecret: 'hunter2' }, address)
  const flush = async () => {
    const written: AuditEvent[] = []
    await recorder.flush(async (events) => void written.push(...events))
    return written
  }
  return { clock, recorder, fail, flush }
}

test('a failure is recorded with who it claimed to be, from where and why, and never with the secret', async () => {
  const { fail, flush } = createRecorder()
  fail('job')
  assert.deepEqual(await flush(), [
    {
      at: start,
      action: 'client.authenticate',
      subject: 'clients/job',
      actor: 'claimed:job',
      address: '::1',
      outcome: 'refused',
      details: { reason: 'wrong secret', method: 'client_secret_basic', count: 1, first_at: start, last_at: start },
    },
  ])
  assert.deepEqual(await flush(), [])
})

test('a flood of alike failures is one record with a count, a first and a last time', async () => {
  const { clock, fail, flush } = createRecorder()
  for (let failure = 0; failure < 1_000; failure++) {
    fail('job')
    if (failure === 500) clock.now += 4
  }
  fail('job', '::2')
  const counts = (await flush()).map(({ at, details }) => [at, details.count, details.first_at, details.last_at])
  assert.deepEqual(counts, [
    [start + 4, 1_000, start, start + 4],
    [start + 4, 1, start + 4, start + 4],
  ])
})

test('a flood of different failures is bounded, and what is not told apart is counted', async () => {
  const { fail, flush } = createRecorder(10)
  for (let failure = 0; failure < 500; failure++) fail(`client-${failure}`)
  const written = await flush()
  assert.equal(written.length, 11)
  assert.equal(written.at(-1)?.details.count, 490)
  assert.equal(written.at(-1)?.actor, 'anonymous')
  fail('after')
  assert.equal((await flush())[0]?.actor, 'claimed:after')
})

test('what could not be written is kept, together with what came since, in the same bound', async () => {
  const { recorder, fail, flush } = createRecorder(2)
  fail('a')
  const failing = recorder.flush(async () => {
    fail('a')
    fail('b')
    fail('c')
    throw new Error('unavailable')
  })
  await assert.rejects(failing, /unavailable/)
  const written = (await flush()).map(({ actor, details }) => [actor, details.count])
  assert.deepEqual(written, [
    ['claimed:a', 2],
    ['claimed:b', 1],
    ['anonymous', 1],
  ])
})

test('A12: a claimed client id is bounded, and nothing in it can break a line or turn text around', async () => {
  const { fail, flush } = createRecorder()
  fail(`x\r\n\0\u001b[2J\u0085\u2028\u202egpj.exe\ud800${'y'.repeat(1_000)}`)
  const [event] = await flush()
  assert.match(event?.actor ?? '', /^claimed:x\\u000d\\u000a\\u0000\\u001b\[2J\\u0085\\u2028\\u202egpj\.exe\\ud800y+$/)
  assert.ok((event?.actor.length ?? 0) < 200)
})

test('what is no refusal of a client is none of the log’s business', async () => {
  const away = createRecorder(10, new OAuthError('temporarily_unavailable', 'the store does not answer'))
  away.fail('job')
  assert.deepEqual(await away.flush(), [])
})

test('what a client was refused after it had proven who it is: by credential, code and reason, and counted', async () => {
  const { clock, recorder, flush } = createRecorder()
  const asker = { clientId: 'job', credentialId: 'cred_1', method: 'private_key_jwt', remoteAddress: '::1' }
  const scope = new OAuthError('invalid_scope', 'not granted to this client: x\u2028y')
  recorder.noteRefused(scope, asker)
  clock.now += 3
  recorder.noteRefused(scope, asker)
  recorder.noteRefused(new OAuthError('invalid_client', 'it has been used before', { detail: 'replay' }), asker)
  // RFC 9449 §8: every first request of a client that does not know the nonce
  recorder.noteRefused(new OAuthError('use_dpop_nonce', 'use this nonce'), asker)
  const noted = await flush()
  assert.deepEqual(
    noted.map(({ action, subject, actor, credentialId, details }) => ({
      action,
      subject,
      actor,
      credentialId,
      details,
    })),
    [
      {
        action: 'token.refuse',
        subject: 'clients/job',
        actor: 'client:job',
        credentialId: 'cred_1',
        details: {
          error: 'invalid_scope',
          reason: 'not granted to this client: x?y',
          method: 'private_key_jwt',
          count: 2,
          first_at: start,
          last_at: start + 3,
        },
      },
      {
        action: 'token.refuse',
        subject: 'clients/job',
        actor: 'client:job',
        credentialId: 'cred_1',
        details: {
          error: 'invalid_client',
          reason: 'it has been used before: replay',
          method: 'private_key_jwt',
          count: 1,
          first_at: start + 3,
          last_at: start + 3,
        },
      },
    ],
  )
})

test('a flood of different refusals has the same bound as a flood of failures', async () => {
  const { recorder, flush } = createRecorder(5)
  const asker = { clientId: 'job', credentialId: 'cred_1', method: 'federated', remoteAddress: '::1' }
  for (let one = 0; one < 100; one++) recorder.noteRefused(new OAuthError('invalid_scope', `no ${one}`), asker)
  const noted = await flush()
  assert.equal(noted.length, 6)
  assert.equal(
    noted.reduce((sum, { details }) => sum + Number(details.count), 0),
    100,
  )
})

test('a client whose keys cannot be had is recorded, with the code that it was answered and the reason', async () => {
  const refusal = new OAuthError('temporarily_unavailable', 'try again shortly', { detail: 'the key set is away' })
  const { fail, flush } = createRecorder(10, refusal)
  fail('job')
  const [event] = await flush()
  assert.equal(event?.details.error, 'temporarily_unavailable')
  assert.equal(event?.details.reason, 'the key set is away')
})
