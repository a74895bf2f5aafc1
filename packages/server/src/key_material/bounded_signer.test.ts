import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@credence/protocol'
import { boundSigner, signerBounds } from './bounded_signer.ts'

const signer = (sign: (input: string) => Buffer | Promise<Buffer>) =>
  ({ kid: 'key_1', algorithm: 'ES256', sign }) as const

const away = (detail: RegExp) => (error: unknown) => {
  assert.ok(error instanceof OAuthError)
  assert.deepEqual([error.code, error.status, error.headers['Retry-After']], ['temporarily_unavailable', 503, '2'])
  assert.match(error.detail ?? '', detail)
  assert.doesNotMatch(error.message, /HSM|key_1/)
  return true
}

test('bounded signer: one that answers at once answers at once', () => {
  const signature = Buffer.from('s')
  assert.equal(boundSigner(signer(() => signature)).sign('x'), signature)
})

test('bounded signer: one that throws or rejects is away, and only the log learns why', async () => {
  const failing = boundSigner(
    signer(() => {
      throw new Error('HSM: no session')
    }),
  )
  assert.throws(() => failing.sign('x'), away(/key_1: HSM: no session/))
  const rejecting = boundSigner(signer(() => Promise.reject(new Error('HSM: no session'))))
  await assert.rejects(async () => rejecting.sign('x'), away(/HSM: no session/))
})

test('bounded signer: one that never answers is away after the time, and one too many at once', async () => {
  const silent = boundSigner(
    signer(() => new Promise(() => {})),
    { timeoutMs: 5, capacity: 2 },
  )
  const waiting = [silent.sign('a'), silent.sign('b')]
  assert.throws(() => silent.sign('c'), away(/2 signatures are under way/))
  for (const late of waiting) await assert.rejects(async () => late, away(/within 5 ms/))
  await assert.rejects(async () => silent.sign('d'), away(/within 5 ms/))
  assert.ok(signerBounds.timeoutMs <= 2_000)
})
