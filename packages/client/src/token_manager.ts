/** Gets tokens for a client, keeps them, renews them, and attaches them to requests. RFC 6749 §4.4. */
import type { Clock } from '@credence/protocol'
import type { AccessToken } from './access_token.ts'
import { createAttachingFetch } from './attaching/attach_token.ts'
import { type Authorize, createAuthorize } from './attaching/authorize_request.ts'
import { createTokenSlot, type TokenNeed } from './cache/token_slot.ts'
import { createTokenSlots } from './cache/token_slots.ts'
import { createTarget, type TokenParameters } from './cache/token_target.ts'
import { parseOptions, type TokenManagerOptions } from './configuration.ts'
import { createRotation } from './managed_rotation.ts'
import type { Fetch } from './requests/bounded_fetch.ts'
import { closedError, waitFor } from './requests/deadline.ts'
import { createRequests } from './requests/request_chain.ts'
import type { TokenManagerStatus } from './status.ts'

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
  /** For HTTP clients that are not fetch: what a request must carry, and what to do with the answer. See {@link Authorize}. */
  readonly authorize: Authorize
  /** What the option was. */
  readonly allowedOrigins: ReadonlySet<string> | undefined
  /** Counts and states for a health page. Sends nothing. */
  readonly status: () => TokenManagerStatus
  /** Ends requests in flight and forgets all tokens. Calls from now on throw TokenError `closed`. */
  readonly close: () => void
}

/**
 * Creates a token manager for one client at one authorization server.
 *
 * Nothing is sent before the first token is asked for, and no timer runs while nothing is under way. A renewal behind the
 * callers' back keeps a process alive until its one request is answered, `timeoutMs` at most; close() ends that too.
 *
 * @throws {TokenError} `invalid_configuration`, `insecure_url`, `invalid_scope` or `invalid_target`, when an option is wrong
 */
export const createTokenManager = (options: TokenManagerOptions): TokenManager => {
  const configuration = parseOptions(options)
  const { issuer, clientId, defaults, fetch, clock, random, expiryBufferSeconds } = configuration
  const closing = new AbortController()
  let isClosed = false
  const { requestToken, resolveServer, prover, deadline, breaker, skew, events, tally } = createRequests(
    configuration,
    closing.signal,
  )
  const lookups = { hit: 0, miss: 0 }
  const { auth, managedRotation, sharedCache } = configuration
  const shared = sharedCache?.connect({
    ...configuration,
    credentialId: async () => (auth.secrets?.known() ?? (await auth.secrets?.latest()))?.credentialId,
    thumbprint: prover && (async () => (await prover.handle()).calculateThumbprint()),
    skewSeconds: skew.seconds,
    closing: closing.signal,
    onLookup: (result) => events.emit({ type: 'shared_cache', result }),
  })

  const onLookup = (result: 'hit' | 'miss') => {
    lookups[result]++
    if (events.isCacheWatched()) events.emit({ type: 'cache', result })
  }

  const slots = createTokenSlots({
    defaults,
    maxSlots: configuration.maxCachedTokens,
    createSlot: (target) => {
      const request = async (need: TokenNeed) => {
        const ask = () => requestToken(target, need === 'due')
        const issued = await (shared === undefined ? ask() : shared.obtain({ target, need, request: ask }))
        rotation?.check()
        return issued
      }
      const slot = createTokenSlot({ request, onLookup, clock, random, expiryBufferSeconds })
      const invalidate = (accessToken: string) => {
        const wasHeld = slot.invalidate(accessToken)
        if (wasHeld) shared?.invalidate(target, accessToken)
        return wasHeld
      }
      return { ...slot, invalidate }
    },
  })
  // malformed defaults are found now
  createTarget(defaults)

  const getToken = (given: GetTokenOptions = {}): Promise<AccessToken> => {
    if (isClosed) return Promise.reject(closedError())
    try {
      const slot = slots.find(given)
      const token = given.forceRefresh === true ? slot.refresh() : slot.get()
      return given.signal === undefined ? token : waitFor(token, given.signal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  const rotation =
    managedRotation &&
    auth.secrets &&
    createRotation(managedRotation, {
      clientId,
      auth,
      secrets: auth.secrets,
      resolveServer,
      fetch,
      clock,
      deadline,
      confirm: () => getToken({ forceRefresh: true }),
    })

  const invalidate = (accessToken: string) => {
    for (const slot of slots.all()) slot.invalidate(accessToken)
  }

  const cacheStatus = (): TokenManagerStatus['cache'] => {
    const due = [...slots.all()].flatMap((slot) => slot.renewalDueAt() ?? [])
    const nextRenewalAt = due.length === 0 ? undefined : due.reduce((one, other) => Math.min(one, other))
    return { hits: lookups.hit, misses: lookups.miss, tokens: due.length, nextRenewalAt }
  }

  const { allowInsecureRequests, allowedOrigins } = configuration
  const authorize = createAuthorize({ getToken, invalidate, prover, clock, allowInsecureRequests, allowedOrigins })
  return {
    getToken,
    invalidate,
    fetch: createAttachingFetch(fetch, authorize),
    authorize,
    allowedOrigins,
    status: () => ({
      issuer,
      clientId,
      requests: tally.requests(),
      renewals: tally.renewals(),
      cache: cacheStatus(),
      breaker: breaker.status(),
      clockSkewSeconds: skew.seconds(),
      secretAgeSeconds: secretAge(auth.secrets?.known()?.createdAt, clock),
    }),
    close: () => {
      isClosed = true
      closing.abort()
      slots.clear()
    },
  }
}

const secretAge = (createdAt: number | undefined, clock: Clock): number | undefined =>
  createdAt === undefined ? undefined : Math.max(0, clock.epochSeconds() - createdAt)
