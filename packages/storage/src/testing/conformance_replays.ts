/** Conformance: what may be used once, and the credentials that need it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '@credence/protocol'
import { load } from '../backup/load.ts'
import type { Credential } from '../model.ts'
import { longestClaimSeconds } from '../replay_store.ts'
import { aClient, aCredential, now } from './fixtures.ts'
import { type CreateDatabase, withStorage } from './test_database.ts'

const expiresAt = now + 300

const clockAt = (seconds: number): Clock => ({ epochSeconds: () => seconds, monotonicMs: () => seconds * 1000 })

export const describeReplays = (createDatabase: CreateDatabase): void => {
  test(
    'A1: an entry is claimed once, however many claim it at the same time over three openings',
    withStorage(createDatabase, async (storage, database) => {
      const replicas = [storage, await database.open(), await database.open()]
      const claims = Array.from({ length: 60 }, (_, index) =>
        replicas[index % replicas.length]?.replays.claim([{ entry: 'one', expiresAt }]),
      )
      const claimed = (await Promise.all(claims)).flat()
      assert.equal(claimed.filter((won) => won === true).length, 1)
      assert.equal(await storage.replays.count(), 1)
    }),
  )

  test(
    'claims in one call are told apart: the first of an entry wins, and one that was claimed before does not',
    withStorage(createDatabase, async ({ replays }) => {
      assert.deepEqual(await replays.claim([{ entry: 'b', expiresAt }]), [true])
      const claims = ['a', 'b', 'a', 'c'].map((entry) => ({ entry, expiresAt }))
      assert.deepEqual(await replays.claim(claims), [true, false, false, true])
      assert.deepEqual(await replays.claim([]), [])
      const many = Array.from({ length: 2_500 }, (_, index) => ({ entry: `many-${index}`, expiresAt }))
      assert.equal((await replays.claim(many)).every(Boolean), true)
      assert.equal((await replays.claim(many)).some(Boolean), false)
    }),
  )

  test(
    'what has expired goes, oldest first and no more than asked for; what lives stays claimed',
    withStorage(createDatabase, async ({ replays }) => {
      await replays.claim([1, 2, 3, 4].map((age) => ({ entry: `${age}`, expiresAt: now + age })))
      assert.equal(await replays.deleteExpired(now + 3, 2), 2)
      assert.equal(await replays.deleteExpired(now + 3, 2), 1)
      assert.equal(await replays.deleteExpired(now + 3, 2), 0)
      assert.deepEqual(await replays.claim(['1', '4'].map((entry) => ({ entry, expiresAt }))), [true, false])
    }),
  )

  test(
    'A1: many batches that share entries, in opposite orders over three openings, claim each of them once and none waits for ever',
    withStorage(createDatabase, async (storage, database) => {
      const replicas = [storage, await database.open(), await database.open()]
      const claims = Array.from({ length: 200 }, (_, index) => ({ entry: `shared-${index}`, expiresAt }))
      const orders = [claims, claims.toReversed()]
      const batches = Array.from({ length: 12 }, (_, index) =>
        replicas[index % replicas.length]?.replays.claim(orders[index % orders.length] ?? []),
      )
      const claimed = (await Promise.all(batches)).flat()
      assert.equal(claimed.filter((won) => won === true).length, claims.length)
    }),
  )

  test(
    'a claim waits for no transaction that writes something else',
    withStorage(createDatabase, async (storage) => {
      if (storage.dialect === 'sqlite') return // one writer is all it has
      await storage.transaction(async ({ clients }) => {
        await clients.create(aClient())
        assert.deepEqual(await storage.replays.claim([{ entry: 'meanwhile', expiresAt }]), [true])
      })
    }),
  )

  test(
    'a claim in a transaction that fails is none',
    withStorage(createDatabase, async (storage) => {
      const failing = storage.transaction(async ({ replays }) => {
        await replays.claim([{ entry: 'undone', expiresAt }])
        throw new Error('no')
      })
      await assert.rejects(failing, /^Error: no$/)
      assert.deepEqual(await storage.replays.claim([{ entry: 'undone', expiresAt }]), [true])
    }),
  )

  test(
    'D25: what was used is not in a backup, and a restored one says for six minutes when it was restored',
    withStorage(createDatabase, async (storage) => {
      await storage.replays.claim([{ entry: 'used', expiresAt }])
      assert.equal(await storage.replays.knownSince(), undefined)
      const target = await createDatabase()
      try {
        await load(await target.connect(), storage.dump({}), { clock: clockAt(now), force: false })
        const { replays } = await target.open()
        assert.equal(await replays.knownSince(), now)
        assert.deepEqual(await replays.claim([{ entry: 'used', expiresAt }]), [true])
        await replays.deleteExpired(now + longestClaimSeconds - 1, 10)
        assert.equal(await replays.knownSince(), now)
        await replays.deleteExpired(now + longestClaimSeconds, 10)
        assert.equal(await replays.knownSince(), undefined)
      } finally {
        await target.remove()
      }
    }),
  )

  test(
    'A1: another machine may have lost what it was told last, and the same one has not',
    withStorage(createDatabase, async ({ replays }) => {
      await replays.noteMachine('first', now)
      assert.equal(await replays.knownSince(), undefined)
      await replays.noteMachine('first', now + 1)
      assert.equal(await replays.knownSince(), undefined)
      await replays.noteMachine('second', now + 2)
      await replays.noteMachine('second', now + 3)
      assert.equal(await replays.knownSince(), now + 2)
      // the first does not know what the second claimed
      await replays.noteMachine('first', now + 4)
      assert.equal(await replays.knownSince(), now + 4)
      await replays.deleteExpired(now + 4 + longestClaimSeconds, 10)
      assert.equal(await replays.knownSince(), undefined)
      assert.equal(await replays.count(), 1)
    }),
  )

  test(
    'a credential of every kind comes back as it was stored, alone and in its client’s record',
    withStorage(createDatabase, async ({ clients, credentials }) => {
      const { secretDigest, kind, sealedSecret, ...facts } = aCredential()
      const subject = { claim: 'sub', match: 'exact', values: ['system:serviceaccount:batch:reporter'] } as const
      const all: readonly Credential[] = [
        { ...facts, credentialId: 'cred_1', kind, secretDigest, sealedSecret: Uint8Array.of(1, 0, 255) },
        { ...facts, credentialId: 'cred_2', kind: 'key', key: { jwk: '{"kty":"EC"}' } },
        { ...facts, credentialId: 'cred_3', kind: 'key', key: { jwksUri: 'https://client.example.com/jwks' } },
        { ...facts, credentialId: 'cred_4', kind: 'certificate', certificate: { by: 'san_dns', value: 'a.example' } },
        {
          ...{ ...facts, credentialId: 'cred_5', kind: 'federated' },
          federation: {
            ...{ platform: 'kubernetes', issuer: 'https://kubernetes.default.svc', audience: 'https://auth.example' },
            ...{ subject, claims: [{ claim: 'ref', match: 'prefix', values: ['refs/heads/'] }] },
            keys: { jwksUri: 'https://kubernetes.default.svc/openid/v1/jwks' },
          },
        },
      ]
      const client = aClient({
        tokenEndpointAuthMethod: 'private_key_jwt',
        dpopBoundAccessTokens: true,
        certificateBoundAccessTokens: true,
        tokenEndpointAudience: true,
      })
      await clients.create(client)
      for (const credential of all) await credentials.create(credential)
      assert.deepEqual(await clients.findRecord(client.clientId), { client, credentials: all, grants: [] })
      for (const credential of all) assert.deepEqual(await credentials.find(credential.credentialId), credential)
    }),
  )
}
