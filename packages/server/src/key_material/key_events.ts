/** The steps in the life of a signing key, as the audit log tells them. Never a private key, sealed or not. */
import type { SigningKey } from '@credence/storage'
import type { NewAuditEvent } from '../audit/audit_log.ts'

export type KeyStep = 'create' | 'publish' | 'activate' | 'retire' | 'remove'

/** A key as the management API and the audit log show it. Wire names; times in epoch seconds. */
export const toKeyDocument = (key: SigningKey) => ({
  kid: key.kid,
  alg: key.algorithm,
  status: key.status,
  created_at: key.createdAt,
  ...(key.activateAt !== undefined && { activates_at: key.activateAt }),
  ...(key.activatedAt !== undefined && { activated_at: key.activatedAt }),
  ...(key.retiredAt !== undefined && { retired_at: key.retiredAt }),
  ...(key.removeAt !== undefined && { removed_at: key.removeAt }),
})

export type SigningKeyDocument = ReturnType<typeof toKeyDocument>

/** A step that the server took by itself. */
export const keyEvent = (step: KeyStep, key: SigningKey): NewAuditEvent => ({
  action: `signing_key.${step}`,
  subject: `signing-keys/${key.kid}`,
  actor: 'server',
  outcome: 'done',
  details: { after: toKeyDocument(key) },
})
