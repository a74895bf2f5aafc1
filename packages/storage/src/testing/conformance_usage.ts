/** Conformance: what is counted by the hour, and the facts that findings are made from. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '../stores.ts'
import { type IssuedCount, usageKey, usageSumKey } from '../usage_store.ts'
import { aClient, aCredential, aGrant, anApi, now, ordersAudience } from './fixtures.ts'
import { type CreateDatabase, withStorage } from './test_database.ts'

const clientId = 'report-generator'
const hour = now
const everything = { from: 0, to: now * 2 }

const anIssued = (changed: Partial<IssuedCount> = {}): IssuedCount => ({
  clientId,
  credentialId: 'cred_1',
  audience: ordersAudience,
  hour,
  tokens: 3,
  scopes: new Map([
    ['orders:read', 3],
    ['orders:write', 1],
  ]),
  lastIssuedAt: hour + 10,
  ...changed,
})

const shown = ({ lastIssuedAt: _, ...issued }: IssuedCount) => issued

const createTwo = async ({ apis, clients, credentials, grants }: Storage) => {
  await apis.create(anApi())
  await apis.create(anApi({ audience: 'urn:nobody' }))
  await clients.create(aClient())
  await clients.create(aClient({ clientId: 'other' }))
  await credentials.create(aCredential())
  await credentials.create(aCredential({ credentialId: 'cred_2', revokedAt: now }))
  await grants.set(aGrant())
}

export const describeUsage = (createDatabase: CreateDatabase): void => {
  test(
    'usage: what is added is added up, by client, hour, credential, API and scope, and appends no change',
    withStorage(createDatabase, async ({ usage, changes }) => {
      await usage.add({ issued: [], refused: [] })
      const later = anIssued({ hour: hour + 3600 })
      const other = anIssued({ clientId: 'other', credentialId: 'cred_9', scopes: new Map() })
      await usage.add({ issued: [anIssued(), later, other], refused: [] })
      await usage.add({ issued: [anIssued({ tokens: 2, scopes: new Map([['orders:read', 2]]) })], refused: [] })
      const added = new Map([
        ['orders:read', 5],
        ['orders:write', 1],
      ])
      const all = [shown(other), { ...shown(anIssued()), tokens: 5, scopes: added }, shown(later)]
      assert.deepEqual(await usage.list(everything, { limit: 9 }), all)
      assert.equal(await changes.latest(), 0)
      const filters = [
        [{ clientId }, 2],
        [{ audience: 'urn:other' }, 0],
        [{ from: hour + 1 }, 1],
        [{ to: hour + 1 }, 2],
      ] as const
      for (const [filter, found] of filters)
        assert.equal((await usage.list({ ...everything, ...filter }, { limit: 9 })).length, found)
    }),
  )

  test(
    'usage: pages follow each other without a gap, and a sum has each credential and API once',
    withStorage(createDatabase, async ({ usage }) => {
      const issued = ['a', 'b', 'c'].flatMap((id) =>
        [hour, hour + 3600].flatMap((at) =>
          ['urn:x', 'urn:y'].map((audience) => anIssued({ clientId: id, hour: at, audience })),
        ),
      )
      await usage.add({ issued, refused: [] })
      const listed = await usage.list(everything, { limit: 99 })
      const sums = await usage.sum(everything, { limit: 99 })
      assert.equal(listed.length, 12)
      assert.deepEqual(
        sums.map((sum) => [usageSumKey(sum), sum.tokens, sum.scopes.get('orders:write'), sum.lastHour]),
        ['a', 'b', 'c'].flatMap((id) => ['urn:x', 'urn:y'].map((api) => [`${id} cred_1 ${api}`, 6, 2, hour + 3600])),
      )
      for (const [index, row] of listed.entries()) {
        const next = await usage.list(everything, { after: usageKey(row), limit: 5 })
        assert.deepEqual(next, listed.slice(index + 1, index + 6))
      }
      for (const [index, sum] of sums.entries())
        assert.deepEqual(
          await usage.sum(everything, { after: usageSumKey(sum), limit: 2 }),
          sums.slice(index + 1, index + 3),
        )
    }),
  )

  test(
    'usage: the last use of a scope stays the newest, and over credentials is one',
    withStorage(createDatabase, async ({ usage }) => {
      const scopes = new Map([['orders:read', 1]])
      const early = anIssued({ scopes, lastIssuedAt: now + 5 })
      await usage.add({
        issued: [early, anIssued({ scopes, credentialId: 'cred_2', lastIssuedAt: now + 9 })],
        refused: [],
      })
      await usage.add({ issued: [early], refused: [] })
      assert.deepEqual(await usage.scopeUses(clientId), [
        { clientId, audience: ordersAudience, scope: 'orders:read', lastUsedAt: now + 9 },
      ])
      assert.deepEqual(await usage.scopeUses('other'), [])
    }),
  )

  test(
    'usage: a sweep deletes what is old, at most so many rows of a kind, and says how many',
    withStorage(createDatabase, async ({ usage }) => {
      const old = ['a', 'b', 'c'].map((id) => anIssued({ clientId: id, hour: hour - 3600, scopes: new Map() }))
      const refused = { clientId, reason: 'invalid_client', remoteAddress: '::1', hour: hour - 3600, requests: 1 }
      await usage.add({ issued: [...old, anIssued({ lastIssuedAt: now - 10 })], refused: [refused] })
      const sweep = { hoursBefore: hour, scopeUsesBefore: now, limit: 2 }
      assert.deepEqual([await usage.sweep(sweep), await usage.sweep(sweep), await usage.sweep(sweep)], [5, 1, 0])
      assert.deepEqual(await usage.list(everything, { limit: 9 }), [shown(anIssued())])
      assert.deepEqual(await usage.scopeUses(clientId), [])
    }),
  )

  test(
    'usage: thousands of counts are added in one go',
    withStorage(createDatabase, async ({ usage }) => {
      const issued = Array.from({ length: 1_500 }, (_, at) => anIssued({ clientId: `c${at}` }))
      await usage.add({ issued, refused: [] })
      assert.equal((await usage.list(everything, { limit: 2_000 })).length, 1_500)
    }),
  )

  test(
    'client facts: how clients are set up and used, in pages, and the APIs that nobody is granted',
    withStorage(createDatabase, async (storage) => {
      const { usage, clientFacts } = storage
      await createTwo(storage)
      const day = 86_400
      const at = (secondsAgo: number, tokens: number, audience = ordersAudience) =>
        anIssued({ hour: hour - secondsAgo, tokens, audience, scopes: new Map() })
      await usage.add({
        issued: [at(0, 7), at(3600, 5), at(3600, 1, 'urn:x'), at(day, 2), at(day + 3600, 9), at(9 * day, 100)],
        refused: [
          { clientId, reason: 'invalid_client', remoteAddress: '::1', hour, requests: 2 },
          { clientId, reason: 'invalid_client', remoteAddress: '::1', hour: hour - 3600, requests: 3 },
          { clientId: 'unknown', reason: 'invalid_client', remoteAddress: '::1', hour, requests: 1 },
        ],
      })
      const times = { thisHour: hour, lastDayFrom: hour - day + 1, peaksFrom: hour - 8 * day }
      const [other, report, ...rest] = await clientFacts.list(times, { limit: 9 })
      assert.deepEqual(rest, [])
      assert.deepEqual(other, {
        client: aClient({ clientId: 'other' }),
        ...{ credentials: [], grants: [], scopeUses: [], lastDay: [], tokensThisHour: 0, dailyPeaks: [], refusals: [] },
      })
      assert.deepEqual(
        { ...report, dailyPeaks: report?.dailyPeaks.toSorted() },
        {
          client: aClient(),
          credentials: [aCredential()],
          grants: [aGrant()],
          scopeUses: [],
          lastDay: [
            { audience: ordersAudience, tokens: 12, hoursWithUse: 2 },
            { audience: 'urn:x', tokens: 1, hoursWithUse: 1 },
          ],
          tokensThisHour: 7,
          dailyPeaks: [6, 9],
          refusals: [{ reason: 'invalid_client', remoteAddress: '::1', requests: 5 }],
        },
      )
      assert.deepEqual(await clientFacts.list(times, { after: 'other', limit: 1 }), [report])
      assert.deepEqual(await clientFacts.list(times, { after: 'report-generator', limit: 1 }), [])
      assert.deepEqual(await clientFacts.ungrantedAudiences(9), ['urn:nobody'])
    }),
  )
}
