/** What may be used once: ids of client assertions and of DPoP proofs. RFC 7523 §3, RFC 9449 §11.1. */

export interface ReplayClaim {
  /** What is claimed: opaque, at most 64 characters, the same for the same id of the same issuer. */
  readonly entry: string
  /** Epoch seconds; from then on whoever brings it is refused for its age, and the entry may go. */
  readonly expiresAt: number
  /**
   * Epoch seconds, not later than it was made. What was made before a backup was restored may have been used since that
   * backup, so it is refused. Undefined: as long before `expiresAt` as anything lives, {@link longestClaimSeconds}.
   */
  readonly issuedAt?: number
}

/** Nothing may be claimed for longer than this from when it was made. */
export const longestClaimSeconds = 360

export interface ReplayStore {
  /**
   * Claims each entry unless it is claimed already: one atomic step, whoever else claims it at the same time. Of two
   * claims of the same entry in one call the first wins. Appends no change.
   *
   * @returns whether each was claimed, in the order given
   */
  claim(claims: readonly ReplayClaim[]): Promise<readonly boolean[]>
  /** Deletes at most `limit` of those that have expired at `now`. Returns how many. */
  deleteExpired(now: number, limit: number): Promise<number>
  /** How many there are. */
  count(): Promise<number>
  /** When a backup was restored, epoch seconds; undefined when that was so long ago that it does not matter, or never. */
  restoredAt(): Promise<number | undefined>
}
