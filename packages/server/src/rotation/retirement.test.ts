import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SecretCredential } from '@credence/storage'
import { judgeRetirement } from './retirement.ts'

const now = 1_800_000_000
const minute = 60
const hour = 3_600
const day = 24 * hour

const aCredential = (credentialId: string, changed: Partial<SecretCredential> = {}): SecretCredential => ({
  credentialId,
  clientId: 'report-job',
  kind: 'secret',
  label: undefined,
  secretDigest: new Uint8Array(32),
  sealedSecret: undefined,
  createdAt: now - 90 * day,
  expiresAt: undefined,
  revokedAt: undefined,
  lastUsedAt: undefined,
  lastUsedFrom: undefined,
  lastUsedUserAgent: undefined,
  lifetimeSeconds: undefined,
  replaces: undefined,
  ...changed,
})

const caller = { lastUsedFrom: '10.0.0.7', lastUsedUserAgent: 'report-job/1.2' }
const usedBefore = (seconds: number, changed: Partial<SecretCredential> = {}) => ({
  lastUsedAt: now - seconds,
  ...caller,
  ...changed,
})
const newer = (seconds: number | undefined) =>
  aCredential('new', { createdAt: now - 2 * day, lastUsedAt: seconds === undefined ? undefined : now - seconds })

const cases: readonly {
  readonly name: string
  readonly old: Partial<SecretCredential>
  readonly others?: readonly SecretCredential[]
  readonly expected: readonly [safe: boolean, because: string]
}[] = [
  { name: 'revoked', old: { revokedAt: now - 1 }, expected: [true, 'it is revoked and gets no tokens'] },
  {
    name: 'expired, and used a second before',
    old: usedBefore(3 * day + 1, { expiresAt: now - 3 * day }),
    expected: [true, 'it expired 3 days ago and gets no tokens'],
  },
  {
    name: 'the only one',
    old: usedBefore(40 * day),
    expected: [
      false,
      'not used for 40 days (last from 10.0.0.7 by report-job/1.2); no other credential of this client works',
    ],
  },
  {
    name: 'the only one that works: the others are revoked or expired',
    old: {},
    others: [
      aCredential('revoked', { revokedAt: now }),
      aCredential('expired', { expiresAt: now, lastUsedAt: now - 1 }),
    ],
    expected: [false, 'never used in 90 days; no other credential of this client works'],
  },
  {
    name: 'never used and a minute short of an hour old',
    old: { createdAt: now - 59 * minute },
    others: [newer(3 * minute)],
    expected: [false, 'never used, and newer than an hour: wait, it may be on its way to a deployment'],
  },
  {
    name: 'never used in an hour',
    old: { createdAt: now - hour },
    others: [newer(3 * minute)],
    expected: [true, 'never used in 1 hour; another one was used 3 minutes ago'],
  },
  {
    name: 'never used, nor is the other',
    old: {},
    others: [newer(undefined)],
    expected: [true, 'never used in 90 days'],
  },
  {
    name: 'used within the lifetime of a token and the delay of writing',
    old: usedBefore(10 * minute + 9),
    others: [newer(3)],
    expected: [
      false,
      'still in use: 10 minutes ago from 10.0.0.7 by report-job/1.2; a token from then may be held another 1 second',
    ],
  },
  {
    name: 'used in the future, by a clock that stepped back',
    old: { lastUsedAt: now + 5 },
    others: [newer(3)],
    expected: [false, 'still in use: just now; a token from then may be held another 10 minutes'],
  },
  {
    name: 'just out of use, a newer one is in use',
    old: usedBefore(10 * minute + 10),
    others: [newer(3)],
    expected: [
      false,
      'not used for 10 minutes (last from 10.0.0.7 by report-job/1.2); a newer one was used 3 seconds ago; ' +
        'what runs once a day may still hold it: wait a day',
    ],
  },
  {
    name: 'out of use for 12 days, a newer one is in use',
    old: usedBefore(12 * day),
    others: [newer(3 * minute)],
    expected: [true, 'not used for 12 days (last from 10.0.0.7 by report-job/1.2); a newer one was used 3 minutes ago'],
  },
  {
    name: 'a day, a token and the delay after its last use: the first second it is safe',
    old: { lastUsedAt: now - day - 10 * minute - 10 },
    others: [newer(hour)],
    expected: [true, 'not used for 24 hours; a newer one was used 1 hour ago'],
  },
  {
    name: 'out of use for 12 days, the newer one longer still',
    old: usedBefore(12 * day),
    others: [newer(13 * day)],
    expected: [
      false,
      'not used for 12 days (last from 10.0.0.7 by report-job/1.2), but no newer one has been used since',
    ],
  },
  {
    name: 'an older one in use is no successor',
    old: usedBefore(12 * day),
    others: [aCredential('older', { createdAt: now - 91 * day, lastUsedAt: now })],
    expected: [
      false,
      'not used for 12 days (last from 10.0.0.7 by report-job/1.2), but no newer one has been used since',
    ],
  },
  {
    name: 'out of use for a month, with nothing newer in use',
    old: usedBefore(30 * day),
    others: [newer(undefined)],
    expected: [true, 'not used for 30 days (last from 10.0.0.7 by report-job/1.2)'],
  },
]

describe('safe to delete, with the evidence', () => {
  for (const { name, old, others = [], expected } of cases) {
    it(name, () => {
      const credential = aCredential('old', old)
      const judged = judgeRetirement(credential, { siblings: [credential, ...others], now, holdSeconds: 10 * minute })
      assert.deepEqual([judged.safe, judged.because], expected)
    })
  }
})
