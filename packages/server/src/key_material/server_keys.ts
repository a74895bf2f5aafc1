/** The server's own symmetric keys: one for each purpose, random, sealed in the store, never derived from each other. */
import type { Clock, Randomness } from '@credence/protocol'
import type { SealedKeyStore } from '@credence/storage'
import type { Sealer } from './sealing.ts'

/** The pepper keys the digests of client secrets; the cursor key authenticates page cursors. */
const purposes = ['client_secret_pepper', 'page_cursor'] as const
type Purpose = (typeof purposes)[number]

export type ServerKeys = Readonly<Record<Purpose, Buffer>>

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
    const context = `server key: ${purpose}`
    const key =
      stored.get(purpose) ??
      (await store.createIfAbsent({
        purpose,
        sealed: sealer.seal(randomness.bytes(32), context),
        createdAt: clock.epochSeconds(),
      }))
    return sealer.open(key.sealed, context)
  }
  return { client_secret_pepper: await load('client_secret_pepper'), page_cursor: await load('page_cursor') }
}
