/** Verifies an audit log entry by entry, in bounded memory: the chain of its records and the signatures over it. */
import { chainHash, chainStart } from './audit_chain.ts'
import {
  type AuditCheckpoint,
  type AuditHead,
  type AuditRecord,
  type AuditSeal,
  inconsistentAction,
  pruneAction,
} from './audit_model.ts'

export interface AuditReport {
  readonly ok: boolean
  /** How many records were walked. */
  readonly records: number
  /** How many checkpoints were in place and had a good signature. */
  readonly checkpoints: number
  /** Where the log ends. Whoever keeps it elsewhere can tell later that nothing up to it is gone. */
  readonly head: AuditHead
  /** What is wrong, each with the number of the record; at most {@link maxFaults}, and one that says how many more. */
  readonly faults: readonly string[]
}

/** Takes a log in its order: each record, and each checkpoint directly behind the record that it signs. */
export interface AuditVerifier {
  record(record: AuditRecord): void
  checkpoint(checkpoint: AuditCheckpoint): void
  report(): AuditReport
}

const maxFaults = 100

/**
 * Creates the verifier of one log.
 *
 * Does not check: that nothing was cut off behind an old checkpoint together with the newer ones. Only a head that was
 * kept elsewhere tells that: `expected`.
 */
export const createAuditVerifier = (
  { verify }: Pick<AuditSeal, 'verify'>,
  { expected }: { readonly expected?: AuditHead | undefined } = {},
): AuditVerifier => {
  const faults: string[] = []
  let unlisted = 0
  let last = chainStart
  let signed = chainStart.seq
  let anchor = chainStart.seq
  let prunedThrough = chainStart.seq
  let records = 0
  let checkpoints = 0
  let expectedFound = expected === undefined

  const fault = (text: string) => {
    if (faults.length < maxFaults) faults.push(text)
    else unlisted++
  }

  const move = (head: AuditHead) => {
    last = { seq: head.seq, hash: head.hash }
    if (expected === undefined || head.seq !== expected.seq) return
    expectedFound = true
    if (head.hash !== expected.hash)
      fault(`record ${head.seq} is not the one whose hash was kept: history was rewritten`)
  }

  const checkPlace = (record: AuditRecord) => {
    if (record.seq <= last.seq)
      return fault(`record ${record.seq} stands behind record ${last.seq}: reordered or inserted`)
    if (record.seq > last.seq + 1) return fault(`${range(last.seq + 1, record.seq - 1)} missing: dropped`)
    if (chainHash(last, record) === record.hash) return
    fault(`record ${record.seq} does not match its hash: altered or reordered, unless record ${last.seq} was replaced`)
  }

  return {
    record(record) {
      records++
      checkPlace(record)
      if (record.action === inconsistentAction)
        fault(`record ${record.seq} says that the server found the log altered: ${String(record.details.fault)}`)
      if (record.action === pruneAction && typeof record.details.through === 'number')
        prunedThrough = record.details.through
      move(record)
    },

    checkpoint(checkpoint) {
      if (!verify(checkpoint)) return fault(`the signature of checkpoint ${checkpoint.seq} does not verify`)
      checkpoints++
      if (records === 0 && last === chainStart) {
        anchor = checkpoint.seq
        signed = checkpoint.seq
        return move(checkpoint)
      }
      if (checkpoint.seq > last.seq) {
        fault(`${range(last.seq + 1, checkpoint.seq)} missing: dropped behind what checkpoint ${checkpoint.seq} signs`)
        move(checkpoint)
      } else if (checkpoint.seq < last.seq) {
        fault(`checkpoint ${checkpoint.seq} stands behind record ${last.seq}: a record is missing or reordered`)
      } else if (checkpoint.hash !== last.hash) {
        fault(`${range(signed + 1, checkpoint.seq)} rewritten: checkpoint ${checkpoint.seq} signs another hash`)
      }
      signed = checkpoint.seq
    },

    report() {
      const ends: string[] = []
      if (records === 0) ends.push('the log is empty: a server records its own start, so all was dropped')
      if (last.seq > signed) ends.push(`${range(signed + 1, last.seq)} under no checkpoint: the newest one was dropped`)
      if (anchor !== prunedThrough)
        ends.push(`the log begins behind record ${anchor}, and was pruned through ${prunedThrough}`)
      if (!expectedFound) ends.push(`record ${expected?.seq}, whose hash was kept, is not there`)
      const more = unlisted === 0 ? [] : [`and ${unlisted} more`]
      const all = [...faults, ...more, ...ends]
      return { ok: all.length === 0, records, checkpoints, head: last, faults: all }
    },
  }
}

const range = (from: number, to: number) => (from === to ? `record ${from} is` : `records ${from} to ${to} are`)
