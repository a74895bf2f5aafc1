/** What the audit log keeps: events in a hash chain, and signed checkpoints of it. */

/** Something that happened and that somebody may have to account for. Never holds a secret, a digest or a token. */
export interface AuditEvent {
  /** Epoch seconds. */
  readonly at: number
  /** What was done to what kind of thing: `client.update`. */
  readonly action: string
  /** To which one: its path in the management API, below /admin/v1/: `clients/job/credentials/cred_1`. */
  readonly subject: string
  /** Who did it: `local`, `client:ID`, `server`; `claimed:ID` when the client id was never proven; `anonymous`. */
  readonly actor: string
  /** The credential behind the actor. */
  readonly credentialId?: string | undefined
  /** The address that the request came from. */
  readonly address?: string | undefined
  readonly outcome: 'done' | 'refused'
  /** `before` and `after` of a change; whatever else explains the event. Plain JSON. */
  readonly details: Readonly<Record<string, unknown>>
}

/** An event in its place in the chain. */
export interface AuditRecord extends AuditEvent {
  /** 1, 2, 3, … without gaps. */
  readonly seq: number
  /** SHA-256 over the previous record's hash and this one's content, in hexadecimal. */
  readonly hash: string
}

/** Where a chain ends: the record with this number has this hash. */
export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

/** A signed head. */
export interface AuditCheckpoint extends AuditHead {
  readonly at: number
  /** Base64url. */
  readonly signature: string
}

/** Signs heads with a key that the database does not give away. */
export interface AuditSeal {
  sign(head: Omit<AuditCheckpoint, 'signature'>): string
  verify(checkpoint: AuditCheckpoint): boolean
}

export interface AuditQuery {
  /** Goes on behind this record, in the order asked for. */
  readonly after?: number
  readonly limit: number
  readonly order: 'oldest_first' | 'newest_first'
  /** Epoch seconds, inclusive. */
  readonly from?: number | undefined
  /** Epoch seconds, exclusive. */
  readonly until?: number | undefined
  /** An action, or what comes before its dot. */
  readonly action?: string | undefined
  /** A subject, with all that is below it. */
  readonly subject?: string | undefined
  readonly actor?: string | undefined
}

export interface AuditAppendOptions {
  readonly seal: AuditSeal
  /** Epoch seconds. */
  readonly at: number
  /** The head that the caller saw last. */
  readonly known?: AuditHead | undefined
}

export interface AuditStore {
  /**
   * Appends events to the chain and signs its new head, all in one transaction with whatever else is in it.
   *
   * Where the head is not what the last checkpoint says, a record of the action {@link inconsistentAction} comes first:
   * nothing that was altered is ever signed without a word.
   *
   * @returns the records, in their order
   */
  append(events: readonly AuditEvent[], options: AuditAppendOptions): Promise<readonly AuditRecord[]>
  list(query: AuditQuery): Promise<readonly AuditRecord[]>
  /** Checkpoints after a record's number, oldest first. The newest one is always there, and one of every {@link checkpointEvery} records. */
  checkpoints(page: { readonly after: number; readonly limit: number }): Promise<readonly AuditCheckpoint[]>
  /**
   * Deletes the oldest records, up to the newest checkpoint at or before `through` and before the head; at most 50,000 in
   * one go, so that a caller who gets less than it asked for asks again.
   *
   * The caller appends a {@link pruneAction} record that says so, in the same transaction, or the chain does not verify.
   *
   * @returns the number of the last record deleted; undefined when there was nothing to delete
   */
  prune(through: number): Promise<number | undefined>
}

/** How far the log has been sent to each sink, by whichever process is at it. */
export interface AuditSinkStore {
  /**
   * Takes a sink for a while, unless another holder has it. A sink that is not known begins at the newest record.
   *
   * @returns the number of the last record delivered; undefined when another has it
   */
  claim(name: string, lease: AuditSinkLease): Promise<number | undefined>
  /** Notes what has been delivered, where the holder still has the sink. */
  advance(name: string, delivered: { readonly holder: string; readonly seq: number }): Promise<void>
  /** Lets others have the sink at once. */
  release(name: string, holder: string): Promise<void>
}

export interface AuditSinkLease {
  readonly holder: string
  /** Epoch seconds. */
  readonly now: number
  readonly forSeconds: number
}

/** The record that says that the chain did not continue where it was signed last. */
export const inconsistentAction = 'audit.inconsistent'

/** The record that says up to where the chain was pruned, in `details.through`. */
export const pruneAction = 'audit.prune'

/** One checkpoint is kept for so many records. */
export const checkpointEvery = 1_000
