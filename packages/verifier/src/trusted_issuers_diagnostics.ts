/** What is published of fetching keys, on the diagnostics channel `credence:verifier:keys`. */
import { channel } from 'node:diagnostics_channel'
import type { KeyFetchEvent } from '@credence/jwt'

/** The name of the channel. Its messages are {@link KeyFetchEvent}. */
export const keysChannel = 'credence:verifier:keys'

const keys = channel(keysChannel)

/** Publishes a {@link KeyFetchEvent} where somebody listens. It holds public facts only: the issuer, how long, how many keys, why not. */
export const publishKeyFetch = (event: KeyFetchEvent): void => {
  if (keys.hasSubscribers) keys.publish(event)
}
