/** Conformance: revocations. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@credence/protocol'
import { load } from '../backup/load.ts'
import type { NewRevocation, TokenCutoff, TokenRevocation } from '../model.ts'
import { aClient, aSealedKey, now, ordersAudience } from './fixtures.ts'
import { type CreateDatabase, withStorage } from './test_database.ts'

const issuer = 'https://auth.example.com'

const aTokenRevocation = (changed: Partial<TokenRevocation> = {}): TokenRevocation => ({
  kind: 'token',
  issuer,
  jti: 'token-1',
  expiresAt: now + 600,
  clientId: 'report-generator',
  audience: ordersAudience,
  createdAt: now,
  neededUntil: now + 660,
  ...changed,
})

const aCutoff = (changed: Partial<TokenCutoff> = {}): TokenCutoff => ({
  kind: 'cutoff',
  issuer,
  clientId: 'report-generator',
  credentialId: undefined,
  audience: undefined,
  issuedBefore: now,
  createdAt: now,
  neededUntil: now + 3_660,
  ...changed,
})

export const describeRevocations = (createDatabase: CreateDatabase): void => {
  test(
    'revocations are read in the order of their changes, whose versions they bear',
    withStorage(createDatabase, async ({ revocations, clients, changes }) => {
      const made: readonly NewRevocation[] = [
        aTokenRevocation(),
        aCutoff(),
        aCutoff({ clientId: undefined, credentialId: 'cred_1' }),
        aCutoff({ clientId: undefined, audience: ordersAudience }),
        aTokenRevocation({ jti: 'token-2', clientId: undefined, audience: undefined }),
        aTokenRevocation({ issuer: 'https://other.example.com' }),
      ]
      const [first, ...rest] = made
      assert.ok(first)
      const stored = [await revocations.append(first)]
      await clients.create(aClient())
      for (const revocation of rest) stored.push(await revocations.append(revocation))
      assert.deepEqual(
        stored,
        made.map((revocation, index) => ({ ...revocation, version: index === 0 ? 1 : index + 2 })),
      )
      assert.deepEqual(await revocations.since(0, 100), stored)
      assert.deepEqual(await revocations.since(1, 2), stored.slice(1, 3))
      const changed = (await changes.since(0, 100))?.filter(({ subject }) => subject === 'revocation')
      assert.deepEqual(
        changed?.map(({ version, key }) => [version, key]),
        [
          [1, 'token-1'],
          [3, 'report-generator'],
          [4, 'cred_1'],
          [5, ordersAudience],
          [6, 'token-2'],
          [7, 'token-1'],
        ],
      )
    }),
  )

  test(
    'a token is revoked once: again changes nothing, also by many at once',
    withStorage(createDatabase, async ({ revocations, changes }) => {
      const first = await revocations.append(aTokenRevocation())
      assert.deepEqual(await revocations.append(aTokenRevocation({ createdAt: now + 5 })), first)
      await Promise.all(Array.from({ length: 8 }, () => revocations.append(aTokenRevocation({ jti: 'token-2' }))))
      assert.equal(await changes.latest(), 2)
      assert.equal((await revocations.since(0, 10)).length, 2)
    }),
  )

  test(
    'D25: revocations come back with a backup; the key of the feed does not, so that its readers begin again',
    withStorage(createDatabase, async ({ revocations, sealedKeys, dump }) => {
      const stored = await revocations.append(aTokenRevocation())
      for (const purpose of ['pepper', 'revocation_feed']) await sealedKeys.createIfAbsent(aSealedKey({ purpose }))
      const target = await createDatabase()
      try {
        await load(await target.connect(), dump({ issuer }), { clock: systemClock, force: false })
        const restored = await target.open()
        assert.deepEqual(await restored.revocations.since(0, 10), [stored])
        const kept = await restored.sealedKeys.list()
        assert.deepEqual(
          kept.map(({ purpose }) => purpose),
          ['pepper'],
        )
      } finally {
        await target.remove()
      }
    }),
  )

  test(
    'what no token needs any more is deleted in batches, and no change says so',
    withStorage(createDatabase, async ({ revocations, changes }) => {
      for (let at = 0; at < 5; at++)
        await revocations.append(aTokenRevocation({ jti: `token-${at}`, neededUntil: now + at }))
      await revocations.append(aCutoff({ neededUntil: now + 1 }))
      assert.equal(await revocations.deleteUnneeded(now - 1, 10), 0)
      assert.equal(await revocations.deleteUnneeded(now + 2, 3), 3)
      assert.equal(await revocations.deleteUnneeded(now + 2, 3), 1)
      assert.deepEqual(
        (await revocations.since(0, 10)).map((left) => left.kind === 'token' && left.jti),
        ['token-3', 'token-4'],
      )
      assert.equal(await changes.latest(), 6)
    }),
  )
}
