/** How the records of the audit log hang together: each hash covers the one before it. FIPS 180-4. */
import { createHash } from 'node:crypto'
import type { AuditEvent, AuditHead } from './audit_model.ts'

/** Before the first record. */
export const chainStart: AuditHead = { seq: 0, hash: '0'.repeat(64) }

/**
 * The hash of the record that follows `previous`: SHA-256 over its hash, a line feed, and the content as JSON.
 *
 * `details` are covered as the text that JSON.stringify makes of them, which is also what is stored and exported.
 */
export const chainHash = (previous: AuditHead, event: AuditEvent): string => {
  const { at, action, subject, actor, credentialId, address, outcome, details } = event
  const content = [
    previous.seq + 1,
    at,
    action,
    subject,
    actor,
    credentialId ?? null,
    address ?? null,
    outcome,
    details,
  ]
  return createHash('sha256')
    .update(`${previous.hash}\n${JSON.stringify(content)}`)
    .digest('hex')
}

/** What the signature of a checkpoint covers. */
export const checkpointText = ({ seq, hash, at }: AuditHead & { readonly at: number }): string =>
  `credence audit checkpoint v1\n${seq}\n${hash}\n${at}`
