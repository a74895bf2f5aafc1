/** What a token manager tells about its work: to a function of the caller's, and on the diagnostics channels where there are any. */
import type { TokenErrorCode } from './token_error.ts'

/** One HTTP request to the authorization server has ended. */
export interface RequestEvent {
  readonly type: 'request'
  readonly kind: 'metadata' | 'token'
  /** The HTTP status of a whole answer; otherwise why there is none. */
  readonly result: number | 'timeout' | 'network_error' | 'malformed_response'
  /** From sending to the end of the answer, in milliseconds. */
  readonly durationMs: number
}

/** A token was asked for, with all attempts that took, and was had or not. */
export interface RenewalEvent {
  readonly type: 'renewal'
  readonly result: 'ok' | TokenErrorCode
  /** Behind the callers' back, while they had a valid token. */
  readonly background: boolean
  readonly durationMs: number
}

export type BreakerState = 'closed' | 'open' | 'half_open'

/** The circuit breaker has changed its state. */
export interface BreakerEvent {
  readonly type: 'breaker'
  readonly state: BreakerState
  /** When open: milliseconds until one request is let through. Otherwise 0. */
  readonly retryAfterMs: number
}

/** A caller's token was in memory, or had to be waited for. */
export interface CacheEvent {
  readonly type: 'cache'
  readonly result: 'hit' | 'miss'
}

/** No token was in memory, and the shared cache had one, had none, or its store failed. */
export interface SharedCacheEvent {
  readonly type: 'shared_cache'
  readonly result: 'hit' | 'miss' | 'error'
}

export type ClientEvent = RequestEvent | RenewalEvent | BreakerEvent | CacheEvent | SharedCacheEvent

/** An event and the token manager it comes from. Holds no token, no credential and nothing that a server wrote. */
export type TokenManagerEvent = ClientEvent & { readonly issuer: string; readonly clientId: string }

/** Called for every event, cache hits included; what it throws is ignored. */
export type OnEvent = (event: TokenManagerEvent) => void

export interface Events {
  readonly emit: (event: ClientEvent) => void
  /** Says whether anybody would hear of a cache event, so that a hit costs nothing where nobody does. */
  readonly isCacheWatched: () => boolean
}

/** The part of node:diagnostics_channel that is used. */
interface Channel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

/** Each event goes to the channel `credence:client:<type>`; Node, Bun, Deno and workerd with nodejs_compat have them. */
export const channelNames = {
  request: 'credence:client:request',
  renewal: 'credence:client:renewal',
  breaker: 'credence:client:breaker',
  cache: 'credence:client:cache',
  shared_cache: 'credence:client:shared_cache',
} as const satisfies Record<ClientEvent['type'], string>

export const createEvents = (
  from: { readonly issuer: string; readonly clientId: string },
  onEvent?: OnEvent,
): Events => {
  const channels = openChannels()
  const tell = (event: TokenManagerEvent) => {
    try {
      onEvent?.(event)
    } catch {
      // a fault in somebody's metrics is no reason to have no token
    }
  }
  return {
    emit: (event) => {
      const channel = channels?.[event.type]
      if (onEvent === undefined && channel?.hasSubscribers !== true) return
      const told = Object.freeze({ ...event, issuer: from.issuer, clientId: from.clientId })
      if (channel?.hasSubscribers === true) channel.publish(told)
      tell(told)
    },
    isCacheWatched: () => onEvent !== undefined || channels?.cache.hasSubscribers === true,
  }
}

/** Asked of the runtime, not imported: the same code runs where there is no such module. */
const openChannels = (): Readonly<Record<ClientEvent['type'], Channel>> | undefined => {
  const module = globalThis.process?.getBuiltinModule?.('node:diagnostics_channel')
  if (module === undefined) return undefined
  return {
    request: module.channel(channelNames.request),
    renewal: module.channel(channelNames.renewal),
    breaker: module.channel(channelNames.breaker),
    cache: module.channel(channelNames.cache),
    shared_cache: module.channel(channelNames.shared_cache),
  }
}
