/** What may be used once: ids of client assertions and of DPoP proofs. RFC 7523 §3, RFC 9449 §11.1. */

export interface ReplayClaim {
  /** What is claimed: opaque, at most 64 characters, the same for the same id of the same issuer. */
  readonly entry: string
  /** Epoch seconds; from then on whoever brings it is refused for its age, and the entry may go. */
  readonly expiresAt: number
  /**
   * Epoch seconds, not later than it was made. What was made before {@link ReplayStore.knownSince} may have been used, so
   * it is refused. Undefined: as long before `expiresAt` as anything lives, {@link longestClaimSeconds}.
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
  /**
   * Epoch seconds: what was claimed before may be missing, since a backup was restored or the machine was lost then.
   * Undefined when that was so long ago that it does not matter, or never.
   */
  knownSince(): Promise<number | undefined>
  /**
   * Says which machine claims from now on, for a store whose last claims are lost with the machine. Where another one
   * said so before, what it claimed may be missing: {@link ReplayStore.knownSince} is `now` then.
   *
   * @param machine at most 48 characters, another one after each start of a machine
   */
  noteMachine(machine: string, now: number): Promise<void>
}
