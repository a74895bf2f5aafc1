/** Records and checkpoints as the API shows them, exports hold them and sinks get them. Wire names. */
import type { AuditCheckpoint, AuditRecord } from '@credence/storage'

export const toAuditDocument = (record: AuditRecord) => ({
  seq: record.seq,
  at: record.at,
  action: record.action,
  subject: record.subject,
  actor: record.actor,
  credential_id: record.credentialId,
  address: record.address,
  outcome: record.outcome,
  details: record.details,
  hash: record.hash,
})

export const toCheckpointDocument = ({ seq, hash, at, signature }: AuditCheckpoint) => ({ seq, hash, at, signature })

/** JSON in ASCII on one line: whatever reads lines, or is a terminal, meets nothing but printable characters. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
