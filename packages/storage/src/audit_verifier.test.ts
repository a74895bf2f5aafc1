/** Whatever is done to an audit log without its key is found. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chainHash, chainStart } from './audit_chain.ts'
import type { AuditCheckpoint, AuditEvent, AuditHead, AuditRecord } from './audit_model.ts'
import { createAuditVerifier } from './audit_verifier.ts'
import { anEvent, seal } from './testing/conformance_audit.ts'
import { now } from './testing/fixtures.ts'

type Entry = { readonly record: AuditRecord } | { readonly checkpoint: AuditCheckpoint }

const length = 12
const checkpointed = [4, 8, 12]

const chain = (): Entry[] => {
  let last: AuditHead = chainStart
  return Array.from({ length }, (_, index) => {
    const event = anEvent({ details: { index }, subject: `clients/${index}` })
    const record = { ...event, seq: index + 1, hash: chainHash(last, event) }
    last = record
    const head = { seq: record.seq, hash: record.hash, at: now }
    const checkpoint = { ...head, signature: seal.sign(head) }
    return checkpointed.includes(record.seq) ? [{ record }, { checkpoint }] : [{ record }]
  }).flat()
}

const verify = (entries: readonly Entry[], expected?: AuditHead) => {
  const verifier = createAuditVerifier(seal, { expected })
  for (const entry of entries)
    if ('record' in entry) verifier.record(entry.record)
    else verifier.checkpoint(entry.checkpoint)
  return verifier.report()
}

const recordsOf = (entries: readonly Entry[]) => entries.flatMap((entry) => ('record' in entry ? [entry.record] : []))
const checkpointsOf = (entries: readonly Entry[]) =>
  entries.flatMap((entry) => ('checkpoint' in entry ? [entry.checkpoint] : []))

/** As a database gives it: records by number, checkpoints behind what they sign. */
const merge = (records: readonly AuditRecord[], checkpoints: readonly AuditCheckpoint[]): Entry[] =>
  [
    ...records.map((record) => ({ key: record.seq * 2, entry: { record } })),
    ...checkpoints.map((checkpoint) => ({ key: checkpoint.seq * 2 + 1, entry: { checkpoint } })),
  ]
    .sort((one, other) => one.key - other.key)
    .map(({ entry }) => entry)

/** Records numbered and hashed anew: what somebody without the key can do. */
const rehash = (events: readonly AuditEvent[], from: AuditHead = chainStart): AuditRecord[] => {
  let last = from
  return events.map((event) => {
    const record = { ...event, seq: last.seq + 1, hash: chainHash(last, event) }
    last = record
    return record
  })
}

const index = fc.integer({ min: 0, max: length - 1 })
const forged = anEvent({ action: 'forged', details: {} })

test('A log as it was written verifies, from its start or from a checkpoint', () => {
  const { ok, records, checkpoints, head } = verify(chain())
  assert.deepEqual(
    { ok, records, checkpoints, seq: head.seq },
    { ok: true, records: length, checkpoints: 3, seq: length },
  )
  assert.equal(verify(chain(), head).ok, true)
})

test('property: a member of any record altered is found, and the record is named', () => {
  const members = ['at', 'action', 'subject', 'actor', 'credentialId', 'address', 'outcome', 'details', 'hash'] as const
  fc.assert(
    fc.property(index, fc.constantFrom(...members), (at, member) => {
      const records = recordsOf(chain()).map((record, place) =>
        place === at
          ? ({ ...record, [member]: member === 'at' ? 7 : member === 'details' ? {} : 'forged' } as AuditRecord)
          : record,
      )
      const { ok, faults } = verify(merge(records, checkpointsOf(chain())))
      assert.equal(ok, false)
      assert.match(faults[0] ?? '', new RegExp(`\\brecord ${at + 1} `))
    }),
  )
})

test('property: records dropped are found and named: one, some, the newest, a whole tail behind a checkpoint', () => {
  fc.assert(
    fc.property(fc.uniqueArray(index, { minLength: 1, maxLength: length }), (dropped) => {
      const records = recordsOf(chain()).filter((_, place) => !dropped.includes(place))
      assert.equal(verify(merge(records, checkpointsOf(chain()))).ok, false)
      assert.equal(verify(merge(rehash(records), checkpointsOf(chain()))).ok, false, 'closed up and hashed anew')
    }),
  )
  const tail = recordsOf(chain()).slice(0, 8)
  assert.match(verify(merge(tail, checkpointsOf(chain()))).faults.join(), /records 9 to 12 are missing/)
  const newest = recordsOf(chain()).slice(0, -1)
  assert.deepEqual(verify(merge(newest, checkpointsOf(chain()))).faults, [
    'record 12 is missing: dropped behind what checkpoint 12 signs',
  ])
})

test('property: two records swapped are found', () => {
  fc.assert(
    fc.property(index, index, (one, other) => {
      fc.pre(one !== other)
      const records = recordsOf(chain())
      const [first, second] = [records[one], records[other]]
      if (first === undefined || second === undefined) return
      const swapped = records.with(one, { ...second, seq: first.seq }).with(other, { ...first, seq: second.seq })
      assert.equal(verify(merge(swapped, checkpointsOf(chain()))).ok, false)
      assert.equal(verify(merge(rehash(swapped), checkpointsOf(chain()))).ok, false, 'hashed anew')
      const inFile = chain()
      const [a, b] = [inFile[one], inFile[other]]
      if (a !== undefined && b !== undefined)
        assert.equal(verify(inFile.with(one, b).with(other, a)).ok, false, 'in a file')
    }),
  )
})

test('property: a record inserted anywhere is found, also when everything behind it is hashed anew', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: length }), (at) => {
      const records = recordsOf(chain())
      const inserted = rehash(records.toSpliced(at, 0, { ...forged, seq: 0, hash: '' }))
      assert.equal(verify(merge(inserted, checkpointsOf(chain()))).ok, false)
    }),
  )
})

test('property: history rewritten from any record on is found by the next checkpoint, and so is a checkpoint made up', () => {
  fc.assert(
    fc.property(index, (at) => {
      const records = recordsOf(chain())
      const rewritten = rehash(records.with(at, { ...forged, seq: 0, hash: '' }))
      const { faults } = verify(merge(rewritten, checkpointsOf(chain())))
      assert.match(faults[0] ?? '', /rewritten: checkpoint (4|8|12) signs another hash/)
      const madeUp = checkpointsOf(chain()).map((checkpoint) => ({
        ...checkpoint,
        hash: rewritten[checkpoint.seq - 1]?.hash ?? '',
      }))
      assert.match(verify(merge(rewritten, madeUp)).faults.join(), /signature of checkpoint \d+ does not verify/)
      assert.equal(verify(merge(rewritten, [])).ok, false, 'without any checkpoint')
    }),
  )
})

test('a tail cut off with the checkpoints over it is found by a head that was kept elsewhere', () => {
  const { head } = verify(chain())
  const entries = merge(recordsOf(chain()).slice(0, 8), checkpointsOf(chain()).slice(0, 2))
  assert.equal(verify(entries).ok, true, 'it is what the log looked like once')
  assert.deepEqual(verify(entries, head).faults, ['record 12, whose hash was kept, is not there'])
})

test('an empty log is not taken for a good one', () => {
  assert.equal(verify([]).ok, false)
})
