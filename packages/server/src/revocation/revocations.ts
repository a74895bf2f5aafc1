/** The parts of revocation, put together: the copy in memory, what follows the change log, the sweep, the feed and the three endpoints. */
import type { KeySet } from '@credence/jwt'
import { type Clock, createSteadyClock, heartbeatSeconds } from '@credence/protocol'
import type { Change, Storage } from '@credence/storage'
import type { VerifyAdminToken } from '../admin/verify_admin_token.ts'
import type { AuditLog } from '../audit/audit_log.ts'
import type { AuthenticateClient } from '../client_auth/authenticate_client.ts'
import { createAuthenticateReader } from '../client_auth/authenticate_reader.ts'
import type { Directory } from '../directory/directory.ts'
import { createIntrospectionEndpoint } from '../endpoints/introspect.ts'
import { publicPaths } from '../endpoints/metadata.ts'
import { createRevocationsEndpoint } from '../endpoints/revocations.ts'
import { createRevocationEndpoint } from '../endpoints/revoke.ts'
import type { Route } from '../http/public_handler.ts'
import type { KeyRing } from '../key_material/key_ring.ts'
import type { OpaqueTokens } from '../minting/opaque_token.ts'
import { createReadIssuedToken, type ReadIssuedToken } from '../minting/read_issued_token.ts'
import { createSignIntrospection } from '../minting/sign_introspection.ts'
import { createFeedCursors } from './feed_cursor.ts'
import { createFeedSubscribers, type FeedSubscribers } from './feed_subscribers.ts'
import { createLiveRevocations, type LiveRevocations } from './live_revocations.ts'
import { createRevocationFollower } from './revocation_follower.ts'
import { createRevokeOwnToken } from './revoke_own_token.ts'
import { sweepRevocations } from './sweep_revocations.ts'

export interface RevocationsDeps {
  readonly issuer: string
  readonly storage: Storage
  readonly keyRing: KeyRing
  readonly opaqueTokens: OpaqueTokens
  /** The database's own key, by which its cursors are known. */
  readonly feedKey: Uint8Array
  readonly clock: Clock
  readonly onError: (what: string) => (error: unknown) => void
}

export interface RoutesDeps {
  readonly authenticateClient: AuthenticateClient
  readonly verifyAdminToken: VerifyAdminToken
  readonly directory: Directory
  readonly audit: AuditLog
  readonly catchUp: () => Promise<void>
}

export interface Revocations {
  readonly live: LiveRevocations
  readonly subscribers: FeedSubscribers
  readonly readIssuedToken: ReadIssuedToken
  apply(change: Change): void | Promise<void>
  /** The change log cannot tell what came: begin again, and let every subscriber do so too. */
  reset(): Promise<void>
  /** The public endpoints. Call it once the change log is followed: from then on the copy is whole, and kept so. */
  start(deps: RoutesDeps): Promise<readonly Route[]>
  /** Ends the streams, whose readers come again elsewhere. */
  endStreams(): void
  stop(): void
}

const sweepIntervalMs = 30_000

/** Reads all that is revoked. */
export const createRevocations = async (deps: RevocationsDeps): Promise<Revocations> => {
  const { issuer, storage, keyRing, opaqueTokens, clock, onError } = deps
  const store = storage.revocations
  const live = createLiveRevocations()
  const cursors = createFeedCursors(deps.feedKey)
  const subscribers = createFeedSubscribers(live, cursors)
  const follower = createRevocationFollower({ store, changes: storage.changes, live, onNew: subscribers.wake })
  const keys: KeySet = keyRing.keys
  const readIssuedToken = createReadIssuedToken({ issuer, keys, opaqueTokens, clock })
  const steady = createSteadyClock(clock)
  const timers: NodeJS.Timeout[] = []
  await follower.load()

  const every = (ms: number, work: () => Promise<unknown>, what: string) => {
    const timer = setInterval(() => work().catch(onError(what)), ms)
    timer.unref()
    timers.push(timer)
  }

  return {
    live,
    subscribers,
    readIssuedToken,
    apply: follower.apply,
    async reset() {
      await follower.load()
      subscribers.endAll()
    },
    async start({ authenticateClient, verifyAdminToken, directory, audit, catchUp }) {
      await follower.readNew()
      every(sweepIntervalMs, () => sweepRevocations({ store, live, clock: steady }), 'revocations could not be swept')
      every(heartbeatSeconds * 1000, subscribers.beat, 'the subscribers of the feed could not be served')
      const authenticateReader = createAuthenticateReader({ authenticateClient, verifyAdminToken, directory, clock })
      const introspect = createIntrospectionEndpoint({
        authenticateReader,
        readIssuedToken,
        isDenied: live.isDenied,
        signIntrospection: createSignIntrospection({ issuer, keyRing, clock }),
      })
      const revoke = createRevocationEndpoint({
        authenticateClient,
        revokeOwnToken: createRevokeOwnToken({ readIssuedToken, live, audit, clock, catchUp }),
      })
      const feed = createRevocationsEndpoint({ authenticateReader, live, cursors, subscribers, catchUp })
      return [
        { method: 'POST', path: publicPaths.introspect, endpoint: introspect },
        { method: 'POST', path: publicPaths.revoke, endpoint: revoke },
        { method: 'GET', path: publicPaths.revocations, endpoint: feed },
      ]
    },
    endStreams: subscribers.close,
    stop() {
      for (const timer of timers) clearInterval(timer)
      subscribers.close()
    },
  }
}
