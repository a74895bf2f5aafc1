import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { algorithms, createLocalKeySet } from '@credence/jwt'
import { OAuthError, systemRandomness } from '@credence/protocol'
import { publishedForSeconds, signsUnconfirmedForSeconds } from './key_times.ts'
import { createSealer, UnsealError } from './sealing.ts'
import { generateSigningKey, openLocalSigner } from './signing_key.ts'
import { day, withKeys } from './testing/key_setting.ts'

const isAway = (error: unknown): boolean => {
  assert.ok(error instanceof OAuthError)
  assert.equal(error.code, 'temporarily_unavailable')
  assert.equal(error.status, 503)
  assert.ok(Number(error.headers['Retry-After']) > 0)
  return true
}

const kidsOf = (document: { readonly keys: readonly unknown[] }) =>
  document.keys.map((key) => (key as { kid: string }).kid)

test(
  'key ring: follows the schedule of another replica; a published key is in the document and does not sign',
  withKeys(async ({ clock, replica }) => {
    const [one, other] = [await replica(), await replica()]
    const ring = await one.startRing()
    const before = await ring.signerFor('ES256')
    clock.now += 30 * day
    await other.round()
    await ring.reload()
    const kids = kidsOf(ring.document())
    assert.equal(kids.length, 2)
    assert.equal(ring.signerFor('ES256'), before)
    assert.deepEqual(ring.countByStatus(), { published: 1, active: 1, retired: 0 })
    assert.equal(ring.activeKeyAges().get('ES256'), 30 * day)

    clock.now += publishedForSeconds
    await other.round()
    await ring.reload()
    assert.equal((await ring.signerFor('ES256')).kid, kids[1])
    assert.deepEqual(kidsOf(ring.document()), kids)
    assert.deepEqual(ring.countByStatus(), { published: 0, active: 1, retired: 1 })
    assert.equal(ring.activeKeyAges().get('ES256'), 0)
  }),
)

test(
  'key ring: the document and the signer stay the same objects while the keys do',
  withKeys(async ({ replica }) => {
    const ring = await (await replica()).startRing()
    const signer = await ring.signerFor('ES256')
    const document = ring.document()
    await ring.reload()
    assert.equal(ring.signerFor('ES256'), signer)
    assert.equal(ring.document(), document)
  }),
)

test(
  'key ring: a signer that is away → 503 with Retry-After, and the key set is still served',
  withKeys(async ({ replica }) => {
    const away = {
      kid: 'k',
      algorithm: 'ES256',
      sign: () => Promise.reject(new Error('the HSM does not answer')),
    } as const
    const ring = await (await replica()).startRing((key) => ({ ...away, kid: key.kid }))
    const signer = await ring.signerFor('ES256')
    await assert.rejects(async () => signer.sign('x'), isAway)
    assert.deepEqual(kidsOf(ring.document()), [signer.kid])
  }),
)

test(
  'key ring: what cannot be opened here stops its own algorithm alone, is told, and makes no further key',
  withKeys(async ({ clock, replica }) => {
    const one = await replica()
    const ring = await one.startRing()
    await ring.signerFor('ES256')
    await ring.signerFor('EdDSA')
    const stranger = await replica({ sealer: createSealer(randomBytes(32), systemRandomness) })
    const es256 = (await one.store.list()).find(({ algorithm }) => algorithm === 'ES256')
    clock.now++
    assert.ok(es256)
    await one.store.revoke(es256.kid, await generateSigningKey('ES256', stranger.sealer, clock.now))
    await ring.reload()
    assert.equal(one.errors.length, 1)
    assert.ok(one.errors[0] instanceof UnsealError)
    await assert.rejects(async () => ring.signerFor('ES256'), isAway)
    assert.equal((await ring.signerFor('EdDSA')).algorithm, 'EdDSA')
    assert.equal(ring.document().keys.length, 2)
    assert.equal((await one.store.list()).length, 2)
    await assert.rejects(one.startRing(), UnsealError)
  }),
)

test(
  'key ring: who has not been able to read the keys for an hour signs no more, until they are read again',
  withKeys(async ({ clock, replica }) => {
    const one = await replica()
    const ring = await one.startRing()
    await ring.signerFor('ES256')
    clock.now += signsUnconfirmedForSeconds
    await ring.signerFor('ES256')
    clock.now++
    await assert.rejects(async () => ring.signerFor('ES256'), isAway)
    assert.equal(ring.document().keys.length, 1)
    await ring.reload()
    await ring.signerFor('ES256')
  }),
)

test(
  'key ring: what it signs verifies with what it publishes',
  withKeys(async ({ replica }) => {
    const ring = await (await replica()).startRing(openLocalSigner)
    for (const algorithm of ['ES256', 'EdDSA', 'PS256'] as const) {
      const signer = await ring.signerFor(algorithm)
      const key = await createLocalKeySet(ring.document()).find(signer.kid, algorithms[algorithm])
      assert.ok(key.verify('input', await signer.sign('input')))
    }
  }),
)
