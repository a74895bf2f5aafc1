import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCutOff, type RevocationCutoff } from './revocation_feed.ts'

const iss = 'https://auth.example.com'
const claims = { iss, iat: 1_000, client_id: 'job', credential_id: 'cred_1', aud: 'https://orders.example.com' }
const cutoff = (named: Partial<RevocationCutoff> = {}): RevocationCutoff => ({ iss, issued_before: 1_001, ...named })

test('a cut-off denies what was issued before it, and not at its very second', () => {
  assert.equal(isCutOff(claims, cutoff()), true)
  assert.equal(isCutOff(claims, cutoff({ issued_before: 1_000 })), false)
})

test('a cut-off denies what fits every member that is there, and nothing else', () => {
  const all = { client_id: 'job', credential_id: 'cred_1', aud: 'https://orders.example.com' }
  assert.equal(isCutOff(claims, cutoff(all)), true)
  for (const [name, value] of Object.entries(all)) {
    assert.equal(isCutOff(claims, cutoff({ [name]: value })), true, name)
    assert.equal(isCutOff(claims, cutoff({ ...all, [name]: 'other' })), false, name)
  }
  assert.equal(isCutOff(claims, cutoff({ iss: 'https://other.example.com' })), false)
  assert.equal(isCutOff({ ...claims, credential_id: undefined }, cutoff({ credential_id: 'cred_1' })), false)
})

test('RFC 7519 §4.1.3: one of several audiences is enough', () => {
  const several = { ...claims, aud: ['https://billing.example.com', 'https://orders.example.com'] }
  assert.equal(isCutOff(several, cutoff({ aud: 'https://orders.example.com' })), true)
  assert.equal(isCutOff(several, cutoff({ aud: 'https://orders.example.co' })), false)
})
