import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OAuthError } from '@credence/protocol'
import type { Client, ClientRecord, Credential, SecretCredential } from '@credence/storage'
import { planReplacement } from './plan_replacement.ts'

const now = 1_800_000_000
const day = 86_400
const overlapSeconds = day

const aCredential = (credentialId: string, changed: Partial<SecretCredential> = {}): SecretCredential => ({
  credentialId,
  clientId: 'job',
  kind: 'secret',
  label: 'cluster a',
  secretDigest: new Uint8Array(32),
  sealedSecret: undefined,
  createdAt: now - 10 * day,
  expiresAt: undefined,
  revokedAt: undefined,
  lastUsedAt: now,
  lastUsedFrom: undefined,
  lastUsedUserAgent: undefined,
  lifetimeSeconds: undefined,
  replaces: undefined,
  ...changed,
})

const recordOf = (credentials: readonly Credential[], changed: Partial<Client> = {}): ClientRecord => ({
  // what a plan looks at; the rest of a client does not matter to it
  client: { clientId: 'job', disabled: false, managedRotation: { overlapSeconds }, ...changed } as Client,
  credentials,
  grants: [],
})

const plan = (record: ClientRecord | undefined) => planReplacement(record, { credentialId: 'asking', now })

const refusal =
  (code: string, status: number, headers: object = {}) =>
  (error: unknown) => {
    assert.ok(error instanceof OAuthError)
    assert.deepEqual([error.code, error.status, error.headers], [code, status, headers])
    return true
  }

describe('managed rotation: what a replacement does', () => {
  it('the one that asks stays usable for the overlap; the new one has its label and its lifetime', () => {
    const asking = aCredential('asking', {
      createdAt: now - 80 * day,
      expiresAt: now + 10 * day,
      lifetimeSeconds: 90 * day,
    })
    assert.deepEqual(plan(recordOf([asking])), {
      replaced: asking,
      usableUntil: now + overlapSeconds,
      label: 'cluster a',
      lifetimeSeconds: 90 * day,
      retired: [],
    })
  })

  it('or until it expires, if that is sooner', () => {
    const asking = aCredential('asking', {
      createdAt: now - 90 * day + 60,
      expiresAt: now + 60,
      lifetimeSeconds: 90 * day,
    })
    assert.equal(plan(recordOf([asking])).usableUntil, now + 60)
  })

  it('asked again: the replacement that nothing used is retired, and the overlap begins anew, never past the first expiry', () => {
    const unused = aCredential('unused', { createdAt: now - 60, replaces: 'asking', lastUsedAt: undefined })
    const asking = aCredential('asking', { expiresAt: now + 60, lifetimeSeconds: 10 * day + 3_600 })
    const { retired, usableUntil, lifetimeSeconds } = plan(recordOf([asking, unused]))
    assert.deepEqual(retired, [unused])
    assert.equal(usableUntil, now + 3_600)
    assert.equal(lifetimeSeconds, 10 * day + 3_600)
  })

  it('what has expired is retired with it, so that a client’s record does not grow', () => {
    const expired = aCredential('expired', { expiresAt: now })
    assert.deepEqual(plan(recordOf([expired, aCredential('asking')])).retired, [expired])
  })

  it('credentials of other deployments are left alone, however many', () => {
    const others = Array.from({ length: 30 }, (_, index) => aCredential(`other-${index}`))
    assert.deepEqual(plan(recordOf([...others, aCredential('asking')])).retired, [])
  })
})

describe('managed rotation: what is refused', () => {
  it('a client that is gone or disabled, a credential that is gone or expired: as if never authenticated', () => {
    for (const record of [
      undefined,
      recordOf([aCredential('asking')], { disabled: true }),
      recordOf([aCredential('other')]),
      recordOf([aCredential('asking', { expiresAt: now })]),
    ]) {
      assert.throws(() => plan(record), refusal('invalid_client', 401))
    }
  })

  it('a client for which it is not on', () => {
    assert.throws(
      () => plan(recordOf([aCredential('asking')], { managedRotation: undefined })),
      refusal('unauthorized_client', 400),
    )
  })

  it('a credential that is no secret: whoever holds a key makes the next one', () => {
    const { secretDigest, sealedSecret, ...facts } = aCredential('asking')
    const key = { ...facts, kind: 'key', key: { jwksUri: 'https://job.example.com/jwks.json' } } as const
    assert.throws(() => plan(recordOf([key])), refusal('unauthorized_client', 400))
  })

  it('a credential whose replacement has been used: an old secret makes no new one', () => {
    const used = aCredential('used', { replaces: 'asking', lastUsedAt: now - day })
    assert.throws(() => plan(recordOf([aCredential('asking'), used])), refusal('unauthorized_client', 400))
  })

  it('a second replacement within a minute, and the replacement of one that is not a minute old', () => {
    const unused = aCredential('unused', { createdAt: now - 59, replaces: 'asking', lastUsedAt: undefined })
    const tooSoon = refusal('temporarily_unavailable', 429, { 'retry-after': '1' })
    assert.throws(() => plan(recordOf([aCredential('asking'), unused])), tooSoon)
    assert.throws(() => plan(recordOf([aCredential('asking', { createdAt: now - 59, replaces: 'before' })])), tooSoon)
    assert.ok(
      plan(recordOf([aCredential('asking', { createdAt: now })])),
      'the first one, made by an operator, has no wait',
    )
  })

  it('a fifth replacement in a row while four that were replaced are usable: wait for the oldest to end', () => {
    const chain = [1, 2, 3, 4].map((index) =>
      aCredential(`c${index}`, { expiresAt: now + index * 100, replaces: index === 1 ? 'gone' : `c${index - 1}` }),
    )
    const asking = aCredential('asking', { replaces: 'c4' })
    assert.throws(
      () => plan(recordOf([...chain, asking])),
      refusal('temporarily_unavailable', 429, { 'retry-after': '100' }),
    )
    assert.ok(plan(recordOf([...chain.slice(1), asking])), 'three are fine')
  })
})
