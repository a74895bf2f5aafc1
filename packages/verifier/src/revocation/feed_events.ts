/** What goes on with a feed, for whoever watches: node:diagnostics_channel, and a warning for what does not heal by itself. */
import { channel } from 'node:diagnostics_channel'
import { emitWarning } from 'node:process'

/** The name of the channel. Its messages are {@link RevocationEvent}. */
export const revocationChannel = 'credence:verifier:revocation'

/**
 * `connecting`: has not been reached yet. `connected`: the stream is open. `polling`: there is no stream, and it is asked
 * every few seconds. `away`: the last attempt failed. `closed`: it was ended here.
 */
export type FeedState = 'connecting' | 'connected' | 'polling' | 'away' | 'closed'

/** How a feed stands. Nothing secret is in it. */
export interface FeedStatus {
  readonly state: FeedState
  /** Since when. Epoch seconds. */
  readonly since: number
  /** How far the feed has been read; undefined before the first time. */
  readonly cursor: string | undefined
  /** Denials held: single tokens and cut-offs. */
  readonly entries: number
  /** When it was last heard that all denials are known. Epoch seconds; undefined before the first time. */
  readonly heardAt: number | undefined
  /** Not heard of for longer than `maxStaleSeconds`, or never. */
  readonly stale: boolean
  /** There are more denials than there is room for: every token is answered with 503 until there is room. */
  readonly overflowing: boolean
  /** Why the last attempt failed. */
  readonly fault: string | undefined
}

/** A change of {@link FeedStatus}. */
export interface RevocationEvent extends FeedStatus {
  readonly issuer: string
}

const events = channel(revocationChannel)

export const publishFeedEvent = (makeEvent: () => RevocationEvent): void => {
  if (events.hasSubscribers) events.publish(makeEvent())
}

/** Node prints it, once for each text. */
export const warnOfFeed = (text: string): void => {
  if (warned.has(text) || warned.size >= mostWarnings) return
  warned.add(text)
  emitWarning(text, { type: 'CredenceWarning', code: 'CREDENCE_REVOCATION_FEED' })
}

const warned = new Set<string>()
const mostWarnings = 100
