/**
 * The narrow interfaces through which everything else reaches the store.
 *
 * Every write is durable when its promise resolves; one that throws `unavailable` may have been stored all the same,
 * when the answer to the commit was lost. Any method throws StoreError `unavailable` when the database is.
 */

import type { AuditSinkStore, AuditStore } from './audit_model.ts'
import type { ClientFactsStore } from './client_facts_store.ts'
import type { DeclarationStore } from './declaration_store.ts'
import type {
  Api,
  Change,
  Client,
  ClientRecord,
  Credential,
  CredentialUse,
  Grant,
  NewRevocation,
  Revocation,
  SealedKey,
} from './model.ts'
import type { ReplayStore } from './replay_store.ts'
import type { SigningKeyStore } from './signing_key_store.ts'
import type { UsageStore } from './usage_store.ts'

export type * from './declaration_store.ts'
export type * from './replay_store.ts'
export type * from './signing_key_store.ts'

/** A page of a list: those whose key sorts after `after`, at most `limit` of them, in key order. */
export interface PageRequest {
  readonly after?: string
  readonly limit: number
}

/**
 * Every write that changes something appends a {@link Change}, in the same transaction: of an API for itself, of a
 * client, its credentials and its grants for the client, of a signing key for itself. Uses and sealed keys append none.
 *
 * `create` throws StoreError `already_exists`. `update` and `delete` throw `not_found`, and, where `expectedRevision`
 * is given and is not the stored one, `revision_conflict`. A reference to what does not exist (a grant on an unknown
 * API, a credential of an unknown client) throws `not_found`; deleting what is still referred to throws `in_use`.
 */
export interface ApiStore {
  find(audience: string): Promise<Api | undefined>
  list(page: PageRequest): Promise<readonly Api[]>
  create(api: Api): Promise<void>
  /** Stores scopes, tokenTtlSeconds, signingAlgorithm, tokenFormat, senderConstraint and updatedAt; returns it with its new revision. */
  update(api: Api, expectedRevision?: number): Promise<Api>
  /**
   * Deletes the API and takes it from what clients serve, so that none of them serves a later API of the same audience.
   *
   * @returns the ids of these clients, each of which has a new revision and a {@link Change} of its own
   */
  delete(audience: string, deletedAt: number, expectedRevision?: number): Promise<readonly string[]>
}

export interface ClientStore {
  find(clientId: string): Promise<Client | undefined>
  /** The client with its live credentials and its grants, consistent with each other. */
  findRecord(clientId: string): Promise<ClientRecord | undefined>
  list(page: PageRequest): Promise<readonly Client[]>
  create(client: Client): Promise<void>
  /** Stores everything but clientId and createdAt; returns it with its new revision. */
  update(client: Client, expectedRevision?: number): Promise<Client>
  /** Deletes the client, its credentials and its grants. */
  delete(clientId: string, expectedRevision?: number): Promise<void>
}

export interface CredentialStore {
  find(credentialId: string): Promise<Credential | undefined>
  /** Whose credential it is. For the token path, which knows a secret's own id before it knows anything else. */
  findOwner(credentialId: string): Promise<string | undefined>
  /** All of a client's, revoked ones included, in the order of their ids: ids that sort by time give oldest first. */
  listByClient(clientId: string, page: PageRequest): Promise<readonly Credential[]>
  create(credential: Credential): Promise<void>
  /** Sets revokedAt unless it is set already. Returns the credential. */
  revoke(credentialId: string, revokedAt: number): Promise<Credential>
  /** Sets when it expires; its lifetime stays what it was made for. Returns the credential. */
  setExpiry(credentialId: string, expiresAt: number): Promise<Credential>
  /** Stores last uses in one transaction; an older use never replaces a newer one. Unknown ids are passed over. No change is appended. */
  recordUses(uses: readonly CredentialUse[]): Promise<void>
}

export interface GrantStore {
  find(clientId: string, audience: string): Promise<Grant | undefined>
  listByClient(clientId: string): Promise<readonly Grant[]>
  /** Creates the grant or replaces its scopes. */
  set(grant: Grant): Promise<void>
  /** Returns whether there was one. */
  delete(clientId: string, audience: string): Promise<boolean>
}

export interface SealedKeyStore {
  list(): Promise<readonly SealedKey[]>
  /** Stores the key unless there is one for its purpose already. Returns the one that is stored. One compare-and-swap. */
  createIfAbsent(key: SealedKey): Promise<SealedKey>
  /** Replaces what is sealed for a purpose, for a change of the master key. */
  reseal(purpose: string, sealed: Uint8Array): Promise<void>
}

/** What denies tokens that are not expired. Appending one appends a change; deleting what is needed no more does not. */
export interface RevocationStore {
  /** Stores it, unless the same token is revoked already. Returns the one that is stored. */
  append(revocation: NewRevocation): Promise<Revocation>
  /** Those with a greater version, oldest first, at most `limit`. */
  since(version: number, limit: number): Promise<readonly Revocation[]>
  /** Deletes at most `limit` of those that no token needs any more at `now`. Returns how many. */
  deleteUnneeded(now: number, limit: number): Promise<number>
}

export interface ChangeLog {
  /** The version of the newest change; 0 when there is none. */
  latest(): Promise<number>
  /**
   * Changes after a version, oldest first, at most `limit`.
   *
   * Old changes are dropped, and a restored database may be older than its readers.
   *
   * @returns undefined when not all that came after `version` can be told. The reader then has to forget all that it
   *   keeps and begin again from {@link latest}, read before anything else.
   */
  since(version: number, limit: number): Promise<readonly Change[] | undefined>
}

/** All stores over one connection or one transaction. */
export interface Stores {
  readonly apis: ApiStore
  readonly clients: ClientStore
  readonly credentials: CredentialStore
  readonly grants: GrantStore
  readonly signingKeys: SigningKeyStore
  readonly sealedKeys: SealedKeyStore
  readonly revocations: RevocationStore
  readonly replays: ReplayStore
  readonly changes: ChangeLog
  readonly usage: UsageStore
  readonly clientFacts: ClientFactsStore
  readonly declarations: DeclarationStore
  readonly auditEvents: AuditStore
  readonly auditSinks: AuditSinkStore
}

export interface Storage extends Stores {
  readonly dialect: 'sqlite' | 'postgres'
  /**
   * Runs `work` in one transaction: all of it is stored, or, when it throws, nothing.
   *
   * One writer works at a time, so what `work` reads stays true until it ends, and `work` must be quick: one that takes
   * more than 10 s is rolled back with `unavailable`. It must use the stores that it is given, only until it ends, and
   * none of `storage` itself for writing, which would wait for `work`. When one of their methods throws, nothing is
   * stored even if `work` catches that: write what may fail harmlessly outside.
   */
  transaction<T>(work: (stores: Stores) => Promise<T>): Promise<T>
  /**
   * Calls `onChange` soon after another process has committed a change, where the database can tell: PostgreSQL. It may
   * be called for nothing, and a notice may be lost, so {@link ChangeLog.since} has to be asked from time to time as well.
   *
   * @returns what ends it, before {@link close}
   */
  watchChanges(onChange: () => void): () => void
  /** The lines of a backup as of now, without their ends, while others go on writing. `about` is put in its header. */
  dump(about: Readonly<Record<string, string>>): AsyncIterable<string>
  /** Resolves when the database answers. */
  ping(): Promise<void>
  close(): Promise<void>
}
