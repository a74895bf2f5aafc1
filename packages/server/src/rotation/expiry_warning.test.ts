import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SecretCredential } from '@credence/storage'
import { describeExpiry } from './expiry_warning.ts'

const now = 1_800_000_000
const day = 86_400

const aCredential = (credentialId: string, changed: Partial<SecretCredential>): SecretCredential => ({
  credentialId,
  clientId: 'report-job',
  kind: 'secret',
  label: undefined,
  secretDigest: new Uint8Array(32),
  sealedSecret: undefined,
  createdAt: now,
  expiresAt: undefined,
  revokedAt: undefined,
  lastUsedAt: undefined,
  lastUsedFrom: undefined,
  lastUsedUserAgent: undefined,
  lifetimeSeconds: undefined,
  replaces: undefined,
  ...changed,
})

const alone = ', and no other credential of this client lasts longer'

const cases = [
  ['never expires', {}, [], undefined],
  ['a 90-day one, 15 days before its end', { createdAt: now - 75 * day, expiresAt: now + 15 * day }, [], undefined],
  ['and 14 days before', { createdAt: now - 76 * day, expiresAt: now + 14 * day }, [], `expires in 14 days${alone}`],
  [
    'an hour-long one, 13 minutes before its end',
    { createdAt: now - 47 * 60, expiresAt: now + 13 * 60 },
    [],
    undefined,
  ],
  ['and 12 minutes before', { createdAt: now - 48 * 60, expiresAt: now + 720 }, [], `expires in 12 minutes${alone}`],
  ['expired', { createdAt: now - day, expiresAt: now }, [], undefined],
  ['revoked', { createdAt: now - day, expiresAt: now + 60, revokedAt: now }, [], undefined],
  [
    'while another one goes on',
    { createdAt: now - day, expiresAt: now + 60 },
    [aCredential('other', {})],
    'expires in 1 minute; another one goes on',
  ],
  [
    'while the others end sooner or are revoked',
    { createdAt: now - day, expiresAt: now + 60 },
    [aCredential('sooner', { expiresAt: now + 59 }), aCredential('revoked', { revokedAt: now })],
    `expires in 1 minute${alone}`,
  ],
] as const

describe('expiry warning', () => {
  for (const [name, credential, siblings, expected] of cases) {
    it(name, () => {
      const subject = aCredential('subject', credential)
      assert.equal(describeExpiry(subject, { siblings: [subject, ...siblings], now }), expected)
    })
  }
})
