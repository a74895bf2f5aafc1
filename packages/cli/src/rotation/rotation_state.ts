/** Where a rotation stands. All of it is told by the credentials themselves, so that it can be left and taken up again anywhere. */
import { CliError } from '../cli_error.ts'
import type { CredentialOutlook } from './credential_api.ts'

export interface RotationTerms {
  /** The older ones must not have been used for this long; seconds. Unless given: longer than a token can be held. */
  readonly quiet?: number | undefined
  /** The older ones are kept at least this long after the new one was made; seconds. */
  readonly overlap?: number | undefined
  /** The older ones that are to go; all of them unless given. */
  readonly retire?: readonly string[] | undefined
}

/** What is still missing. */
export type Wait = 'new_unused' | 'older_in_use' | 'overlap'

export interface RotationState {
  /** The newest one that works. */
  readonly next: CredentialOutlook
  /** The older ones that work and are to go. */
  readonly older: readonly CredentialOutlook[]
  readonly waits: readonly Wait[]
  /** Seconds that the older ones must have been unused for. */
  readonly quiet: number
}

/** Uses are written every 10 seconds by every replica; twice that, and then some. */
const marginSeconds = 30

/**
 * @param credentials the client's, in any order
 * @param nextId the new one; the newest that works unless given
 * @throws {CliError} `ambiguous` when the newest two are of the same second
 * @returns undefined when there is no new one (any more)
 */
export const readRotationState = (
  credentials: readonly CredentialOutlook[],
  { quiet, overlap = 0, retire }: RotationTerms,
  nextId?: string,
): RotationState | undefined => {
  const live = credentials.filter(({ status }) => status === 'live')
  const next = nextId === undefined ? findNewest(live, retire) : live.find(({ credential_id: id }) => id === nextId)
  if (next === undefined) return undefined
  const older = live.filter(
    ({ credential_id: id, created_at: madeAt }) =>
      id !== next.credential_id && madeAt <= next.created_at && (retire === undefined || retire.includes(id)),
  )
  const stated = quiet ?? next.token_lifetime_seconds + marginSeconds
  const waits: Wait[] = []
  if (next.last_used_at === undefined) waits.push('new_unused')
  if (older.some(({ idle_seconds: idle }) => idle < stated)) waits.push('older_in_use')
  // the server's own time: this machine's clock may be another
  const now = (next.last_used_at ?? next.created_at) + next.idle_seconds
  if (next.created_at + overlap > now) waits.push('overlap')
  return { next, older, waits: older.length === 0 ? [] : waits, quiet: stated }
}

/** Times are whole seconds. Of two that were made in the same one, the wrong one must not be taken for the old one. */
const findNewest = (
  live: readonly CredentialOutlook[],
  retire: readonly string[] = [],
): CredentialOutlook | undefined => {
  const kept = live.filter(({ credential_id: id }) => !retire.includes(id))
  const madeAt = Math.max(...kept.map(({ created_at: at }) => at))
  const [newest, ...others] = kept.filter(({ created_at: at }) => at === madeAt)
  if (newest === undefined || others.length === 0) return newest
  const ids = [newest, ...others].map(({ credential_id: id }) => id).join(' and ')
  throw new CliError('ambiguous', `${ids} were made in the same second: say with --retire which is to go`)
}
