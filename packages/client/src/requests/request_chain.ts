/** Everything between a slot and the authorization server, put together: retry, request, pause, breaker, events. */

import { createProver } from '../attaching/dpop.ts'
import type { Configuration } from '../configuration.ts'
import { type ClientEvent, createEvents } from '../events.ts'
import { createTally } from '../status.ts'
import { TokenError } from '../token_error.ts'
import { createBreaker } from './breaker.ts'
import { createDiscovery } from './discovery.ts'
import { createPause } from './pause.ts'
import { createServerRequests } from './server_requests.ts'
import { createSkew } from './skew.ts'
import { createTokenRequest, type RequestToken } from './token_request.ts'

/** Creates what a token manager needs of it: a request for a token, counted and told as a renewal, and what its status shows. */
export const createRequests = (configuration: Configuration, closing: AbortSignal) => {
  const { issuer, tokenEndpoint, clientId, auth, fetch, clock, timeoutMs, maxAttempts, sleep, random } = configuration
  const tally = createTally()
  const told = createEvents(configuration, configuration.onEvent)
  const emit = (event: ClientEvent) => {
    tally.note(event, clock.epochSeconds())
    told.emit(event)
  }
  const events = { ...told, emit }
  const breaker = createBreaker({
    ...configuration.breaker,
    clock,
    random,
    onChange: (state, retryAfterMs) => emit({ type: 'breaker', state, retryAfterMs }),
  })
  const skew = createSkew()
  const pause = createPause(clock)
  const requests = createServerRequests({ fetch, clock, breaker, pause, skew, events, closing })
  const deadline = { timeoutMs, sleep, closing }
  const resolveServer =
    tokenEndpoint === undefined
      ? createDiscovery({ issuer, requests, clock, deadline })
      : async () => ({ issuer, token_endpoint: tokenEndpoint })
  const isOpen = () => breaker.status().state === 'open'
  const retry = { maxAttempts, sleep, random, isOpen, closing }
  const { grant, translateAnswer, hooks, dpop } = configuration
  const prover = dpop && createProver(dpop, () => clock.epochSeconds() + skew.seconds())
  const request = createTokenRequest({
    clientId,
    auth,
    grant,
    translateAnswer,
    prover,
    hooks,
    resolveServer,
    requests,
    skew,
    clock,
    deadline,
    retry,
  })

  const requestToken: RequestToken = async (target, background) => {
    const startedMs = clock.monotonicMs()
    const done = (result: 'ok' | TokenError['code']) =>
      emit({ type: 'renewal', result, background, durationMs: clock.monotonicMs() - startedMs })
    try {
      const issued = await request(target, background)
      done('ok')
      return issued
    } catch (error) {
      if (error instanceof TokenError) done(error.code)
      throw error
    }
  }
  return { requestToken, resolveServer, prover, deadline, breaker, skew, events, tally }
}
