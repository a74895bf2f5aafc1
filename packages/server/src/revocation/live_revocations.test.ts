import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Revocation, TokenCutoff, TokenRevocation } from '@credence/storage'
import { createLiveRevocations } from './live_revocations.ts'
import { cutoffForGood, cutoffOf, revocationOfToken } from './new_revocation.ts'

const now = 1_800_000_000
const issuer = 'https://auth.example.com'
const orders = 'https://orders.example.com'
const billing = 'https://billing.example.com'

const token = (version: number, changed: Partial<TokenRevocation> = {}): Revocation => ({
  ...revocationOfToken({ issuer, jti: `t${version}`, expiresAt: now + 600, clientId: 'job', audience: orders }, now),
  ...changed,
  version,
})
const cutoff = (version: number, changed: Partial<TokenCutoff>): Revocation => ({
  ...cutoffOf({ issuer }, now),
  ...changed,
  version,
})
const claims = { iss: issuer, jti: 'any', iat: now, client_id: 'job', credential_id: 'cred_1', aud: orders }

test('V14: a token is denied by issuer and id, not by the id alone', () => {
  const live = createLiveRevocations()
  live.add([token(1)])
  assert.equal(live.isDenied({ ...claims, jti: 't1' }), true)
  assert.equal(live.isDenied({ ...claims, jti: 't1', iss: 'https://other.example.com' }), false)
  assert.equal(live.isDenied({ ...claims, jti: 't2' }), false)
})

test('a cut-off denies what was issued before it and fits all that it names', () => {
  for (const [named, denied, spared] of [
    [{ clientId: 'job' }, {}, { client_id: 'other' }],
    [{ credentialId: 'cred_1' }, {}, { credential_id: 'cred_2' }],
    [{ audience: orders }, { aud: [billing, orders] }, { aud: billing }],
    [{ clientId: 'job', audience: orders }, {}, { aud: billing }],
    [{}, { client_id: 'whoever' }, { iss: 'https://other.example.com' }],
  ] as const) {
    const live = createLiveRevocations()
    live.add([cutoff(1, { ...named, issuedBefore: now + 1 })])
    assert.equal(live.isDenied({ ...claims, ...denied }), true, JSON.stringify(named))
    assert.equal(live.isDenied({ ...claims, ...spared }), false, JSON.stringify(named))
    assert.equal(live.isDenied({ ...claims, ...denied, iat: now + 1 }), false)
  }
})

test('of two cut-offs of the same tokens the later time counts, in whichever order they come', () => {
  for (const times of [
    [now, now + 10],
    [now + 10, now],
  ]) {
    const live = createLiveRevocations()
    live.add(times.map((issuedBefore, index) => cutoff(index + 1, { clientId: 'job', issuedBefore })))
    assert.equal(live.isDenied({ ...claims, iat: now + 9 }), true)
    assert.equal(live.isDenied({ ...claims, iat: now + 10 }), false)
  }
})

test('a disabled client’s cut-off reaches past what a replica that has not heard of it issues', () => {
  const live = createLiveRevocations()
  live.add([{ ...cutoffForGood({ issuer, clientId: 'job' }, now), version: 1 }])
  assert.equal(live.isDenied({ ...claims, iat: now + 5 }), true)
  assert.equal(live.isDenied({ ...claims, iat: now + 6 }), false)
})

test('a stretch has what is after a version, for certain audiences, and says how far it looked', () => {
  const live = createLiveRevocations()
  live.add([token(2), token(5, { audience: billing }), cutoff(6, { clientId: 'job' }), token(9)])
  live.note(12)
  const versions = (after: number, audiences: readonly string[] | undefined, limit = 10) => {
    const stretch = live.after(after, { audiences, limit })
    return [stretch.revocations.map(({ version }) => version), stretch.version]
  }
  assert.deepEqual(versions(0, undefined), [[2, 5, 6, 9], 12])
  assert.deepEqual(versions(2, undefined), [[5, 6, 9], 12])
  assert.deepEqual(versions(0, [orders]), [[2, 6, 9], 12])
  assert.deepEqual(versions(0, [orders], 2), [[2, 6], 6])
  assert.deepEqual(versions(12, undefined), [[], 12])
})

test('nothing is taken in twice, and what no token needs any more is forgotten', () => {
  const live = createLiveRevocations()
  live.add([token(1), token(2, { neededUntil: now + 5 })])
  live.add([token(1), token(2), token(3)])
  assert.equal(live.size, 3)
  assert.equal(live.countOf('job'), 3)
  assert.equal(live.forgetUnneeded(now + 4), 0)
  assert.equal(live.forgetUnneeded(now + 5), 1)
  assert.equal(live.countOf('job'), 2)
  assert.equal(live.isDenied({ ...claims, jti: 't2' }), false)
  assert.equal(live.isDenied({ ...claims, jti: 't3' }), true)
  assert.equal(live.forgetUnneeded(now + 660), 2)
  assert.equal(live.size, 0)
  assert.equal(live.version, 3)
})
