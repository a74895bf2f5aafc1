/** Managed rotation: whether a client may replace the credential that it asks with, and what becomes of the ones there are. */
import { OAuthError } from '@credence/protocol'
import type { ClientRecord, Credential } from '@credence/storage'
import { invalidClient } from '../client_auth/invalid_client.ts'
import { inWords } from './time_words.ts'

export interface Replacement {
  /** The credential that asked, as it is stored now. */
  readonly replaced: Credential
  /** Until when it goes on working: epoch seconds. */
  readonly usableUntil: number
  /** What the new one is made with: the same label, and as long a life. */
  readonly label: string | undefined
  readonly lifetimeSeconds: number | undefined
  /** Those that end with this: earlier replacements that nothing has used, and what has expired. */
  readonly retired: readonly Credential[]
}

/**
 * One credential is replaced at most this often, in seconds. Longer than uses take to be written by every replica, so that
 * a replacement that looks unused is unused.
 */
export const replacementIntervalSeconds = 60
/** So many predecessors of a credential may still be usable when it is replaced. */
export const maxUsablePredecessors = 4

/**
 * Plans a replacement.
 *
 * A client that lost the answer asks again with the credential it still has, and the replacement it never used is retired.
 * Once the replacement has been used, the replaced credential is good for tokens until its overlap ends and for nothing else:
 * whoever finds an old secret cannot make a new one of it.
 *
 * @param record the client as it is stored now; undefined when it is gone
 * @throws {OAuthError} `invalid_client` when client or credential have ended since they were authenticated,
 *   `unauthorized_client` when managed rotation is off, the credential is no secret, or the credential has been replaced by one that is in use,
 *   `temporarily_unavailable` with status 429 when it was replaced too recently or too often
 */
export const planReplacement = (
  record: ClientRecord | undefined,
  { credentialId, now }: { readonly credentialId: string; readonly now: number },
): Replacement => {
  const working = record?.credentials.filter(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt > now) ?? []
  const replaced = working.find((credential) => credential.credentialId === credentialId)
  if (record === undefined || record.client.disabled || replaced === undefined) {
    throw invalidClient('ended while it was being replaced')
  }
  const { managedRotation } = record.client
  if (managedRotation === undefined) {
    throw new OAuthError('unauthorized_client', 'managed rotation is not on for this client')
  }
  // a key or a certificate is made by who holds it: there is nothing that could be handed out here
  if (replaced.kind !== 'secret') {
    throw new OAuthError('unauthorized_client', `managed rotation is for secrets, and this is a ${replaced.kind}`)
  }
  const successors = working.filter(({ replaces }) => replaces === credentialId)
  const inUse = successors.find(({ lastUsedAt }) => lastUsedAt !== undefined)
  if (inUse !== undefined) {
    throw new OAuthError(
      'unauthorized_client',
      `this credential was replaced by ${inUse.credentialId}, which is in use`,
    )
  }
  checkInterval([...successors, ...(replaced.replaces === undefined ? [] : [replaced])], now)
  checkPredecessors(predecessorsOf(replaced, working), now)

  const { createdAt, lifetimeSeconds = Number.POSITIVE_INFINITY, label } = replaced
  const expired = record.credentials.filter((credential) => !working.includes(credential))
  return {
    replaced,
    usableUntil: Math.min(createdAt + lifetimeSeconds, now + managedRotation.overlapSeconds),
    label,
    lifetimeSeconds: replaced.lifetimeSeconds,
    retired: [...successors, ...expired],
  }
}

/** @param replacements what was made by replacing the credential, and it itself where it is a replacement */
const checkInterval = (replacements: readonly Credential[], now: number): void => {
  const nextAt = Math.max(...replacements.map(({ createdAt }) => createdAt)) + replacementIntervalSeconds
  if (nextAt > now) throw tooSoon(nextAt - now, 'it was replaced, or made, less than a minute ago')
}

const predecessorsOf = (credential: Credential, working: readonly Credential[]): readonly Credential[] => {
  const found: Credential[] = []
  let { replaces } = credential
  while (replaces !== undefined && found.length <= maxUsablePredecessors) {
    const id = replaces
    const predecessor = working.find(({ credentialId }) => credentialId === id)
    if (predecessor === undefined) break
    found.push(predecessor)
    replaces = predecessor.replaces
  }
  return found
}

const checkPredecessors = (predecessors: readonly Credential[], now: number): void => {
  const oldest = predecessors[maxUsablePredecessors - 1]
  if (oldest === undefined) return
  // a predecessor has an overlap, and so an end
  const left = (oldest.expiresAt ?? now + replacementIntervalSeconds) - now
  throw tooSoon(left, `${predecessors.length} credentials that it replaced are still usable`)
}

const tooSoon = (seconds: number, why: string): OAuthError =>
  new OAuthError('temporarily_unavailable', `${why}: ask again in ${inWords(seconds)}`, {
    status: 429,
    headers: { 'retry-after': String(seconds) },
  })
