/** OpenTelemetry metrics of every resource server in this process, from its diagnostics channels. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { KeyFetchEvent } from '@credence/jwt'
import { type RevocationEvent, revocationChannel } from '../revocation/feed_events.ts'
import { keysChannel } from '../trusted_issuers_diagnostics.ts'
import type { Attributes, Meter } from './meter.ts'
import { type VerifyEvent, verifyChannel } from './verify_events.ts'

export type { Attributes, Meter, MetricOptions } from './meter.ts'

export interface InstrumentVerifierOptions {
  /** Of @opentelemetry/api: `metrics.getMeter('@credence/verifier')`. */
  readonly meter: Meter
}

export interface Instrumentation {
  /** Records nothing any more. */
  stop(): void
}

/** Seconds: from a look-up in a cache, over a signature, to a fetch of keys that times out. */
const verificationBuckets = [0.000_01, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.025, 0.1, 0.5, 1, 5]
/** What the semantic conventions have for an error that there is no code for. */
const otherError = '_OTHER'
const fetchBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/**
 * Records from now on, until it is stopped, with the meter given:
 *
 * - `credence.verifier.verification.duration`, a histogram in seconds, whose count is the number of verifications
 * - `credence.verifier.key_fetch.duration`, a histogram in seconds
 * - `credence.verifier.revocation_feed.changes`, a counter of a feed's changes of state
 *
 * `error.type` is the reason of a refusal or failure, `_OTHER` where a custom requirement or a schema threw, and absent
 * without one. No attribute has a value that a caller can
 * choose, and none names a client.
 *
 * @see OpenTelemetry semantic conventions, "Recording errors on metrics"
 */
export const instrumentVerifier = ({ meter }: InstrumentVerifierOptions): Instrumentation => {
  const verifications = meter.createHistogram('credence.verifier.verification.duration', {
    description: 'Verifications of access tokens.',
    unit: 's',
    advice: { explicitBucketBoundaries: verificationBuckets },
  })
  const keyFetches = meter.createHistogram('credence.verifier.key_fetch.duration', {
    description: 'Fetches of the key sets of issuers.',
    unit: 's',
    advice: { explicitBucketBoundaries: fetchBuckets },
  })
  const feedChanges = meter.createCounter('credence.verifier.revocation_feed.changes', {
    description: 'Changes of the state of revocation feeds.',
    unit: '{change}',
  })

  const unsubscribes = [
    listen<VerifyEvent>(verifyChannel, ({ resource, outcome, issuer, code, cached, durationMs }) => {
      const facts: Attributes = { 'oauth.audience': resource, 'credence.token.cached': cached }
      if (issuer !== undefined) facts['oauth.issuer'] = issuer
      if (outcome !== 'accepted') facts['error.type'] = code ?? otherError
      verifications.record(durationMs / 1000, facts)
    }),
    listen<KeyFetchEvent>(keysChannel, (event) => {
      if (event.type === 'started') return
      const facts: Attributes = { 'oauth.issuer': event.issuer }
      if (event.type === 'failed') facts['error.type'] = 'keys_unavailable'
      keyFetches.record(event.durationMs / 1000, facts)
    }),
    listen<RevocationEvent>(revocationChannel, ({ issuer, state }) => {
      feedChanges.add(1, { 'oauth.issuer': issuer, 'credence.feed.state': state })
    }),
  ]
  return {
    stop: () => {
      for (const end of unsubscribes) end()
    },
  }
}

const listen = <Event>(channel: string, hear: (event: Event) => void): (() => void) => {
  // the channel's name says what its messages are
  const listener = (message: unknown): void => hear(message as Event)
  subscribe(channel, listener)
  return () => {
    unsubscribe(channel, listener)
  }
}
