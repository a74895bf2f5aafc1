/** Conformance: the audit log. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { chainHash, chainStart, checkpointText } from '../audit_chain.ts'
import { type AuditEvent, type AuditSeal, checkpointEvery, inconsistentAction, pruneAction } from '../audit_model.ts'
import { createAuditVerifier } from '../audit_verifier.ts'
import type { Storage } from '../stores.ts'
import { anApi, now } from './fixtures.ts'
import { type CreateDatabase, withStorage } from './test_database.ts'

/** A stand-in for a signature: what matters here is that nobody else can make it. */
const mac = (text: string) => createHmac('sha256', 'a key').update(text).digest('base64url')
export const seal: AuditSeal = {
  sign: (head) => mac(checkpointText(head)),
  verify: (checkpoint) => checkpoint.signature === mac(checkpointText(checkpoint)),
}

export const anEvent = (changed: Partial<AuditEvent> = {}): AuditEvent => ({
  at: now,
  action: 'client.update',
  subject: 'clients/job',
  actor: 'client:admin',
  credentialId: 'cred_1',
  address: '::1',
  outcome: 'done',
  details: { before: { disabled: false }, after: { disabled: true }, 10: 'ü', 2: null },
  ...changed,
})

const events = (count: number) => Array.from({ length: count }, (_, index) => anEvent({ details: { index } }))
const options = { seal, at: now }

/** Reads all of a log in its order and verifies it. */
export const verifyAll = async ({ auditEvents }: Pick<Storage, 'auditEvents'>) => {
  const verifier = createAuditVerifier(seal)
  const checkpoints = [...(await auditEvents.checkpoints({ after: 0, limit: 10_000 }))]
  const sendCheckpoints = (upTo: number) => {
    while (checkpoints[0] !== undefined && checkpoints[0].seq <= upTo) verifier.checkpoint(...take(checkpoints))
  }
  for (const record of await auditEvents.list({ limit: 100_000, order: 'oldest_first' })) {
    sendCheckpoints(record.seq - 1)
    verifier.record(record)
    sendCheckpoints(record.seq)
  }
  sendCheckpoints(Number.POSITIVE_INFINITY)
  return verifier.report()
}

const take = <T>(list: T[]): [T] => list.splice(0, 1) as [T]

export const describeAudit = (createDatabase: CreateDatabase): void => {
  test(
    'audit: records are numbered without gaps, each hash covers the one before it, and what comes back is what was given',
    withStorage(createDatabase, async (storage) => {
      const first = anEvent({ credentialId: undefined, address: undefined, outcome: 'refused' })
      const appended = [
        ...(await storage.auditEvents.append([first, anEvent()], options)),
        ...(await storage.auditEvents.append([anEvent({ action: 'server.stop' })], options)),
      ]
      assert.deepEqual(await storage.auditEvents.append([], options), [])
      assert.deepEqual(await storage.auditEvents.list({ limit: 10, order: 'oldest_first' }), appended)
      assert.deepEqual(
        appended.map(({ seq }) => seq),
        [1, 2, 3],
      )
      assert.equal(appended[0]?.hash, chainHash(chainStart, first))
      assert.equal(appended[1]?.hash, chainHash(appended[0] ?? chainStart, anEvent()))
      assert.deepEqual(await verifyAll(storage), {
        ok: true,
        records: 3,
        checkpoints: 1,
        head: { seq: 3, hash: appended[2]?.hash },
        faults: [],
      })
    }),
  )

  test(
    'audit: a record is stored with the change it tells of, or neither is',
    withStorage(createDatabase, async (storage) => {
      const failing = storage.transaction(async (stores) => {
        await stores.auditEvents.append([anEvent()], options)
        await stores.apis.create(anApi())
        throw new Error('midway')
      })
      await assert.rejects(failing, /midway/)
      assert.deepEqual(await storage.auditEvents.list({ limit: 10, order: 'oldest_first' }), [])
      assert.deepEqual(await storage.auditEvents.checkpoints({ after: 0, limit: 10 }), [])
      await storage.transaction((stores) => stores.auditEvents.append([anEvent()], options))
      assert.equal((await verifyAll(storage)).ok, true)
    }),
  )

  test(
    'audit: of many that append at once each gets its place',
    withStorage(createDatabase, async (storage, database) => {
      const others = [storage, await database.open(), await database.open()]
      await Promise.all(
        others.flatMap(({ auditEvents }) => Array.from({ length: 7 }, () => auditEvents.append(events(3), options))),
      )
      const { ok, records } = await verifyAll(storage)
      assert.deepEqual({ ok, records }, { ok: true, records: 63 })
    }),
  )

  test(
    'audit: filters by time, action, subject, actor; pages in both orders',
    withStorage(createDatabase, async ({ auditEvents }) => {
      const given = [
        anEvent({ at: now, action: 'client.create' }),
        anEvent({ at: now + 1, action: 'clients.other', subject: 'clients/job/credentials/cred_1', actor: 'local' }),
        anEvent({ at: now + 2, action: 'client', subject: 'clients/job2' }),
        anEvent({ at: now + 3, action: 'api.create', subject: 'apis/urn%3Ax' }),
      ]
      await auditEvents.append(given, options)
      const found = async (query: object) =>
        (await auditEvents.list({ limit: 10, order: 'oldest_first', ...query })).map(({ seq }) => seq)
      assert.deepEqual(await found({ from: now + 1, until: now + 3 }), [2, 3])
      assert.deepEqual(await found({ action: 'client' }), [1, 3])
      assert.deepEqual(await found({ action: 'api.create' }), [4])
      assert.deepEqual(await found({ subject: 'clients/job' }), [1, 2])
      assert.deepEqual(await found({ actor: 'local' }), [2])
      assert.deepEqual(await found({ after: 1, limit: 2 }), [2, 3])
      assert.deepEqual(await found({ after: 4, limit: 2, order: 'newest_first' }), [3, 2])
    }),
  )

  test(
    'audit: the newest checkpoint is kept, and the last one of every block',
    withStorage(createDatabase, async ({ auditEvents }) => {
      await auditEvents.append(events(checkpointEvery - 1), options)
      for (let one = 0; one < 4; one++) await auditEvents.append(events(1), options)
      const kept = (await auditEvents.checkpoints({ after: 0, limit: 10 })).map(({ seq }) => seq)
      assert.deepEqual(kept, [checkpointEvery - 1, checkpointEvery + 3])
      assert.equal((await verifyAll({ auditEvents })).ok, true)
    }),
  )

  test(
    'audit: pruned to a checkpoint, with a record that says so, the log verifies; without it, it does not',
    withStorage(createDatabase, async (storage) => {
      const { auditEvents } = storage
      await auditEvents.append(events(checkpointEvery - 1), options)
      await auditEvents.append(events(5), options)
      assert.equal(await auditEvents.prune(checkpointEvery - 2), undefined)
      assert.equal(await auditEvents.prune(checkpointEvery + 100), checkpointEvery - 1)
      assert.match((await verifyAll(storage)).faults.join(), /begins behind record 999, and was pruned through 0/)
      await auditEvents.append([anEvent({ action: pruneAction, details: { through: checkpointEvery - 1 } })], options)
      const { ok, records } = await verifyAll(storage)
      assert.deepEqual({ ok, records }, { ok: true, records: 6 })
    }),
  )

  test(
    'audit: a sink begins at the newest record, is held by one at a time, and goes on where it was',
    withStorage(createDatabase, async ({ auditEvents, auditSinks }) => {
      await auditEvents.append(events(2), options)
      const claim = (holder: string, at: number) => auditSinks.claim('file:x', { holder, now: at, forSeconds: 60 })
      assert.equal(await claim('a', now), 2)
      assert.equal(await claim('b', now + 59), undefined)
      await auditSinks.advance('file:x', { holder: 'b', seq: 9 })
      await auditSinks.advance('file:x', { holder: 'a', seq: 3 })
      assert.equal(await claim('a', now + 59), 3)
      assert.equal(await claim('b', now + 61), undefined)
      assert.equal(await claim('b', now + 120), 3)
      await auditSinks.release('file:x', 'a')
      assert.equal(await claim('a', now + 121), undefined)
      await auditSinks.release('file:x', 'b')
      assert.equal(await claim('a', now + 121), 3)
    }),
  )

  for (const [title, sql, fault] of [
    [
      'the newest record dropped',
      'delete from audit_event where seq = 3',
      /the newest record is 2, the newest checkpoint 3/,
    ],
    [
      'the newest checkpoint dropped',
      'delete from audit_checkpoint',
      /the newest record is 3, the newest checkpoint missing/,
    ],
    [
      'a record and its hash rewritten',
      "update audit_event set hash = 'x' where seq = 3",
      /record 3 is not the one that was signed/,
    ],
    ['a head made up', 'update audit_checkpoint set at = at + 1', /signature of checkpoint 3 does not verify/],
  ] as const) {
    test(
      `audit: ${title} is not signed away by what is appended next`,
      withStorage(createDatabase, async (storage, database) => {
        await storage.auditEvents.append(events(3), options)
        await database.execute(sql)
        const [marker] = await storage.auditEvents.append(events(1), options)
        assert.equal(marker?.action, inconsistentAction)
        assert.match(String(marker?.details.fault), fault)
        assert.equal((await verifyAll(storage)).ok, false)
      }),
    )
  }

  test(
    'audit: a log taken back to an earlier state while the server runs is noticed at the next append',
    withStorage(createDatabase, async (storage, database) => {
      await storage.auditEvents.append(events(2), options)
      const [earlier] = await storage.auditEvents.checkpoints({ after: 0, limit: 1 })
      const known = (await storage.auditEvents.append(events(2), options)).at(-1)
      await database.execute('delete from audit_event where seq > 2')
      await database.execute(
        `update audit_checkpoint set seq = 2, hash = '${earlier?.hash}', signature = '${earlier?.signature}'`,
      )
      assert.equal((await verifyAll(storage)).ok, true, 'the database alone cannot tell')
      const [marker] = await storage.auditEvents.append(events(1), { ...options, known })
      assert.match(String(marker?.details.fault), /record 4 is gone/)
      assert.equal((await verifyAll(storage)).ok, false)
    }),
  )
}
