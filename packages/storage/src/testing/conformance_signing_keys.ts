/** Conformance: the life of a signing key, from published to removed, and what many at once may do to it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SigningKey } from '../model.ts'
import type { Storage } from '../stores.ts'
import { aSealedKey, aSigningKey, now } from './fixtures.ts'
import { type CreateDatabase, refusal, withStorage } from './test_database.ts'

const aNextKey = (changed: Partial<SigningKey> = {}): SigningKey =>
  aSigningKey({ kid: 'key_2', status: 'published', activateAt: now + 900, activatedAt: undefined, ...changed })

const due = { activatedAt: now + 900, removeAt: now + 5000 }

const statuses = async ({ signingKeys }: Pick<Storage, 'signingKeys'>) =>
  Object.fromEntries((await signingKeys.list()).map(({ kid, status }) => [kid, status]))

export const describeSigningKeyStore = (createDatabase: CreateDatabase): void => {
  test(
    'publish stores one next key of an algorithm, behind the active key that the caller knows',
    withStorage(createDatabase, async ({ signingKeys }) => {
      assert.equal(await signingKeys.publish(aNextKey(), 'key_1'), false)
      await signingKeys.createActive(aSigningKey())
      assert.equal(await signingKeys.publish(aNextKey(), 'key_0'), false)
      assert.equal(await signingKeys.publish(aNextKey(), 'key_1'), true)
      assert.equal(await signingKeys.publish(aNextKey({ kid: 'key_3' }), 'key_1'), false)
      assert.deepEqual(await signingKeys.list(), [aSigningKey(), aNextKey()])
      await signingKeys.createActive(aSigningKey({ kid: 'key_4', algorithm: 'EdDSA' }))
      assert.equal(await signingKeys.publish(aNextKey({ kid: 'key_5', algorithm: 'EdDSA' }), 'key_4'), true)
    }),
  )

  test(
    'activate waits for the time in the row, then retires the key that signed and erases its private half',
    withStorage(createDatabase, async ({ signingKeys, changes }) => {
      await signingKeys.createActive(aSigningKey())
      await signingKeys.publish(aNextKey(), 'key_1')
      assert.equal(await signingKeys.activate('key_2', { ...due, activatedAt: now + 899 }), undefined)
      assert.equal(await signingKeys.activate('key_1', due), undefined)
      assert.equal(await signingKeys.activate('key_9', due), undefined)
      const before = await changes.latest()
      const retired = aSigningKey({
        status: 'retired',
        retiredAt: now + 900,
        removeAt: now + 5000,
        sealedPrivateKey: new Uint8Array(),
      })
      const activated = aNextKey({ status: 'active', activatedAt: now + 900 })
      assert.deepEqual(await signingKeys.activate('key_2', due), { activated, retired })
      assert.deepEqual(await signingKeys.list(), [retired, activated])
      assert.deepEqual(
        (await changes.since(before, 10))?.map(({ subject, key }) => `${subject} ${key}`),
        ['signing_key key_1', 'signing_key key_2'],
      )
      assert.equal(await signingKeys.activate('key_2', due), undefined)
    }),
  )

  test(
    'activate does not wait when it is told so',
    withStorage(createDatabase, async ({ signingKeys }) => {
      await signingKeys.createActive(aSigningKey())
      await signingKeys.publish(aNextKey(), 'key_1')
      const early = await signingKeys.activate('key_2', { activatedAt: now + 1, removeAt: now + 5000, early: true })
      assert.equal(early?.activated.activatedAt, now + 1)
    }),
  )

  test(
    'remove deletes a retired key when its time has come, and no other',
    withStorage(createDatabase, async (storage) => {
      const { signingKeys } = storage
      await signingKeys.createActive(aSigningKey())
      await signingKeys.publish(aNextKey(), 'key_1')
      for (const kid of ['key_1', 'key_2', 'key_9']) assert.equal(await signingKeys.remove(kid, now + 99_999), false)
      await signingKeys.activate('key_2', due)
      assert.equal(await signingKeys.remove('key_1', now + 4999), false)
      assert.equal(await signingKeys.remove('key_1', now + 5000), true)
      assert.equal(await signingKeys.remove('key_1', now + 5000), false)
      assert.deepEqual(await statuses(storage), { key_2: 'active' })
    }),
  )

  test(
    'revoke deletes the active key and puts the published one, or else the replacement, in its place',
    withStorage(createDatabase, async (storage) => {
      const { signingKeys } = storage
      const replacement = (kid: string) => aSigningKey({ kid, createdAt: now + 7, activatedAt: now + 7 })
      await assert.rejects(signingKeys.revoke('key_1', replacement('key_3')), refusal('not_found'))
      await signingKeys.createActive(aSigningKey())
      await signingKeys.publish(aNextKey(), 'key_1')
      assert.deepEqual(await signingKeys.revoke('key_1', replacement('key_3')), {
        revoked: aSigningKey(),
        activated: aNextKey({ status: 'active', activatedAt: now + 7 }),
      })
      assert.deepEqual(await statuses(storage), { key_2: 'active' })
      assert.equal((await signingKeys.revoke('key_2', replacement('key_3'))).activated?.kid, 'key_3')
      assert.deepEqual(await signingKeys.list(), [replacement('key_3')])
      await signingKeys.publish(aNextKey(), 'key_3')
      assert.equal((await signingKeys.revoke('key_2', replacement('key_4'))).activated, undefined)
      assert.deepEqual(await statuses(storage), { key_3: 'active' })
    }),
  )

  test(
    'reseal replaces what is sealed, brings no erased key back, and appends no change',
    withStorage(createDatabase, async ({ signingKeys, sealedKeys, changes }) => {
      await signingKeys.createActive(aSigningKey())
      await signingKeys.publish(aNextKey(), 'key_1')
      await signingKeys.activate('key_2', due)
      await sealedKeys.createIfAbsent(aSealedKey())
      const before = await changes.latest()
      for (const kid of ['key_1', 'key_2']) await signingKeys.reseal(kid, Uint8Array.of(9))
      await sealedKeys.reseal('pepper', Uint8Array.of(8))
      const [retired, active] = await signingKeys.list()
      assert.deepEqual([retired?.sealedPrivateKey, active?.sealedPrivateKey], [new Uint8Array(), Uint8Array.of(9)])
      assert.deepEqual(await sealedKeys.list(), [aSealedKey({ sealed: Uint8Array.of(8) })])
      assert.equal(await changes.latest(), before)
    }),
  )

  test(
    'D4: whatever many replicas do at once, there is one active key and at most one published',
    withStorage(createDatabase, async (storage, database) => {
      await storage.signingKeys.createActive(aSigningKey({ kid: 'first' }))
      const replicas = await Promise.all([database.open(), database.open(), database.open()])
      const live = async ({ signingKeys }: Storage, name: string): Promise<void> => {
        for (let turn = 0; turn < 8; turn++) {
          const keys = await signingKeys.list()
          const active = keys.find(({ status }) => status === 'active')
          assert.equal(keys.filter(({ status }) => status === 'active').length, 1, JSON.stringify(keys))
          assert.ok(keys.filter(({ status }) => status === 'published').length <= 1)
          await signingKeys.publish(aNextKey({ kid: `${name}-${turn}` }), active?.kid ?? '')
          for (const { kid } of keys) await signingKeys.activate(kid, due)
          for (const { kid } of keys) await signingKeys.remove(kid, now + 9999)
          const replacement = aSigningKey({ kid: `${name}-r${turn}` })
          // another replica may have revoked or removed it already
          await signingKeys
            .revoke(active?.kid ?? '', replacement)
            .catch((error) => assert.equal(error.code, 'not_found'))
        }
      }
      await Promise.all(replicas.map((replica, index) => live(replica, `r${index}`)))
    }),
  )
}
