import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CredentialStore, CredentialUse } from '@credence/storage'
import { createCredentialUseRecorder } from './credential_uses.ts'

test('last use: the newest is written, its user agent cleaned of what no list should show and cut at 200 characters', async () => {
  const written: CredentialUse[] = []
  const store = {
    recordUses: async (uses: CredentialUse[]) => void written.push(...uses),
  } as unknown as CredentialStore
  const clock = { epochSeconds: () => 7, monotonicMs: () => 0 }
  const recorder = createCredentialUseRecorder({ store, clock, capacity: 10 })
  recorder.note('cred_1', '::1', 'old/1')
  recorder.note('cred_1', '::2', 'job/2\u001b[31m\u009b\u00ad')
  recorder.note('cred_2', '::3', 'x'.repeat(16_000))
  recorder.note('cred_3', '::4', undefined)
  await recorder.flush()
  assert.deepEqual(
    written.map(({ usedFrom, userAgent }) => [usedFrom, userAgent]),
    [
      ['::2', 'job/2?[31m??'],
      ['::3', 'x'.repeat(200)],
      ['::4', undefined],
    ],
  )
})
