/** The server's own symmetric keys: one for each purpose, random, sealed in the store, never derived from each other. */
import type { Clock, Randomness } from '@credence/protocol'
import type { SealedKeyStore } from '@credence/storage'
import type { Sealer } from './sealing.ts'

/**
 * The pepper keys the digests of client secrets, the cursor key authenticates page cursors, the checkpoint key signs
 * the heads of the audit log, a digest of the feed key tells the cursors of one database from those of another, and the
 * nonce key makes DPoP nonces that every replica knows. Under the sealing key are the secrets of clients that are
 * registered for client_secret_jwt.
 */
const purposes = [
  'client_secret_pepper',
  'client_secret_sealing',
  'page_cursor',
  'audit_checkpoint',
  'revocation_feed',
  'dpop_nonce',
] as const
type Purpose = (typeof purposes)[number]

export type ServerKeys = Readonly<Record<Purpose, Buffer>>

/** What a sealed server key is bound to. */
export const serverKeyContext = (purpose: string): string => `server key: ${purpose}`

/**
 * Opens the server's keys, making those that are not there yet.
 *
 * @throws {UnsealError} when the master key is not the one they were sealed under.
 */
export const loadServerKeys = async (
  store: SealedKeyStore,
  sealer: Sealer,
  { clock, randomness }: { readonly clock: Clock; readonly randomness: Randomness },
): Promise<ServerKeys> => {
  const stored = new Map((await store.list()).map((key) => [key.purpose, key]))
  const load = async (purpose: Purpose): Promise<Buffer> => {
    const context = serverKeyContext(purpose)
    const key =
      stored.get(purpose) ??
      (await store.createIfAbsent({
        purpose,
        sealed: sealer.seal(randomness.bytes(32), context),
        createdAt: clock.epochSeconds(),
      }))
    return sealer.open(key.sealed, context)
  }
  return {
    client_secret_pepper: await load('client_secret_pepper'),
    client_secret_sealing: await load('client_secret_sealing'),
    page_cursor: await load('page_cursor'),
    audit_checkpoint: await load('audit_checkpoint'),
    revocation_feed: await load('revocation_feed'),
    dpop_nonce: await load('dpop_nonce'),
  }
}
