/** Gets tokens for a client, keeps them, renews them, and attaches them to requests. RFC 6749 §4.4. */
import type { AccessToken } from './access_token.ts'
import { createAttachingFetch } from './attach_token.ts'
import type { Fetch } from './bounded_fetch.ts'
import { type Configuration, parseOptions, type TokenManagerOptions } from './configuration.ts'
import { closedError, waitFor } from './deadline.ts'
import { createDiscovery } from './discovery.ts'
import { createTokenRequest, type RequestToken } from './token_request.ts'
import { createTokenSlot, type TokenSlot } from './token_slot.ts'
import { createTarget, overrideParameters, type TokenParameters } from './token_target.ts'

export interface GetTokenOptions extends TokenParameters {
  /** Ends this caller's wait, not the request that others may be waiting for. */
  readonly signal?: AbortSignal | undefined
  /**
   * Asks the authorization server even where a valid token is held. The request starts after the call: one that is in
   * flight already is let finish, and the callers who come meanwhile share the next.
   */
  readonly forceRefresh?: boolean | undefined
}

export interface TokenManager {
  /**
   * A valid token: from memory, or else from the authorization server, one request for any number of callers.
   *
   * @throws {TokenError} see tokenErrorCodes
   */
  readonly getToken: (options?: GetTokenOptions) => Promise<AccessToken>
  /** Forgets a token that was refused, so that the next getToken asks for another. Any other token stays. */
  readonly invalidate: (accessToken: string) => void
  /** A fetch that attaches the token and, when it is refused as invalid, sends the request once more with a new one. */
  readonly fetch: Fetch
  /** Ends requests in flight and forgets all tokens. Calls from now on throw TokenError `closed`. */
  readonly close: () => void
}

/**
 * Creates a token manager for one client at one authorization server.
 *
 * Nothing is sent before the first token is asked for, and no timer runs while nothing is under way.
 *
 * @throws {TokenError} `invalid_configuration`, `insecure_url`, `invalid_scope` or `invalid_target`, when an option is wrong
 */
export const createTokenManager = (options: TokenManagerOptions): TokenManager => {
  const configuration = parseOptions(options)
  const { defaults, fetch, allowInsecureRequests } = configuration
  const closing = new AbortController()
  const slots = createSlots(configuration, createRequests(configuration, closing.signal))
  const defaultTarget = createTarget(defaults)

  const slotFor = (given: GetTokenOptions) =>
    given.scope === undefined && given.audience === undefined && given.resource === undefined
      ? slots.find(defaultTarget)
      : slots.find(createTarget(overrideParameters(defaults, given)))

  const getTokenWith = async (given: GetTokenOptions) => {
    const slot = slotFor(given)
    const token = given.forceRefresh === true ? slot.refresh() : slot.get()
    return given.signal === undefined ? token : waitFor(token, given.signal)
  }

  const getToken = (given?: GetTokenOptions): Promise<AccessToken> => {
    if (closing.signal.aborted) return Promise.reject(closedError())
    return given === undefined ? slots.find(defaultTarget).get() : getTokenWith(given)
  }

  const { invalidate } = slots
  return {
    getToken,
    invalidate,
    fetch: createAttachingFetch({ fetch, getToken, invalidate, allowInsecureRequests }),
    close: () => {
      closing.abort()
      slots.clear()
    },
  }
}

const createRequests = (configuration: Configuration, closing: AbortSignal): RequestToken => {
  const { issuer, tokenEndpoint, clientId, auth, fetch, clock, timeoutMs, maxAttempts, sleep, random } = configuration
  const deadline = { timeoutMs, sleep, closing }
  const resolveServer =
    tokenEndpoint === undefined
      ? createDiscovery({ issuer, fetch, clock, deadline })
      : async () => ({ issuer, token_endpoint: tokenEndpoint })
  const retry = { maxAttempts, sleep, random, closing }
  return createTokenRequest({ clientId, auth, resolveServer, fetch, clock, deadline, retry })
}

/** One slot per target, bounded; a Map keeps its keys in the order they were set, which makes the first the oldest. */
const createSlots = (
  { clock, random, expiryBufferSeconds, maxCachedTokens }: Configuration,
  requestToken: RequestToken,
) => {
  const slots = new Map<string, TokenSlot>()
  return {
    find: (target: ReturnType<typeof createTarget>): TokenSlot => {
      const found = slots.get(target.key)
      const slot = found ?? createTokenSlot({ request: () => requestToken(target), clock, random, expiryBufferSeconds })
      if (found !== undefined) slots.delete(target.key)
      slots.set(target.key, slot)
      const oldest = slots.keys().next().value
      if (slots.size > maxCachedTokens && oldest !== undefined) slots.delete(oldest)
      return slot
    },
    invalidate: (accessToken: string) => {
      for (const slot of slots.values()) slot.invalidate(accessToken)
    },
    clear: () => slots.clear(),
  }
}
