/** OpenTelemetry metrics of token managers, through a meter of the caller's: @credence/client/opentelemetry. */
import type { OnEvent } from '../events.ts'
import type { TokenManager } from '../token_manager.ts'

type Attributes = Readonly<Record<string, string | number>>

interface InstrumentOptions {
  readonly description: string
  readonly unit: string
}

interface Gauge {
  addCallback(callback: (result: { observe(value: number, attributes?: Attributes): void }) => void): void
}

/** What is used of the Meter of @opentelemetry/api, which fits as it is. */
export interface Meter {
  createCounter(name: string, options: InstrumentOptions): { add(value: number, attributes?: Attributes): void }
  createHistogram(name: string, options: InstrumentOptions): { record(value: number, attributes?: Attributes): void }
  createObservableGauge(name: string, options: InstrumentOptions): Gauge
}

/** Every metric and what it counts. */
export const metricNames = {
  'credence.client.request.duration': 'time of one HTTP request to the authorization server; its count is the requests',
  'credence.client.renewals': 'tokens asked for, by result: ok or the code of the error',
  'credence.client.cache.lookups': 'callers who found a valid token (hit) and who had to wait for one (miss)',
  'credence.client.shared_cache.lookups':
    'looks into the shared cache when memory had no token: hit, miss, or error when its store failed',
  'credence.client.breaker.changes': 'changes of the circuit breaker, by the new state',
  'credence.client.breaker.state': '0 closed, 1 half open, 2 open',
  'credence.client.tokens': 'valid tokens held',
  'credence.client.renewal.due': 'seconds until the next renewal is due; negative when it is overdue',
  'credence.client.clock.skew': 'what must be added to the clock of this machine to have the server’s',
  'credence.client.secret.age': 'how long the client secret has been in use, where its source knows',
} as const satisfies Record<string, string>

type MetricName = keyof typeof metricNames

const described = (name: MetricName, unit: string): readonly [MetricName, InstrumentOptions] => [
  name,
  { description: metricNames[name], unit },
]

/**
 * Makes the `onEvent` of token managers that counts their events. One serves any number of them.
 *
 * Attributes: `issuer`, `client_id`, and `result`, `kind`, `background` or `state`. Few values each: none is of a caller's
 * choosing.
 */
export const createEventMetrics = (meter: Meter): OnEvent => {
  const duration = meter.createHistogram(...described('credence.client.request.duration', 's'))
  const renewals = meter.createCounter(...described('credence.client.renewals', '{renewal}'))
  const lookups = meter.createCounter(...described('credence.client.cache.lookups', '{lookup}'))
  const sharedLookups = meter.createCounter(...described('credence.client.shared_cache.lookups', '{lookup}'))
  const changes = meter.createCounter(...described('credence.client.breaker.changes', '{change}'))
  return (event) => {
    const from = { issuer: event.issuer, client_id: event.clientId }
    switch (event.type) {
      case 'request':
        return duration.record(event.durationMs / 1000, { ...from, kind: event.kind, result: String(event.result) })
      case 'renewal':
        return renewals.add(1, { ...from, result: event.result, background: String(event.background) })
      case 'cache':
        return lookups.add(1, { ...from, result: event.result })
      case 'shared_cache':
        return sharedLookups.add(1, { ...from, result: event.result })
      case 'breaker':
        return changes.add(1, { ...from, state: event.state })
    }
  }
}

const stateNumbers = { closed: 0, half_open: 1, open: 2 } as const

/** Observes what is as it is when metrics are collected: the state of the breaker, tokens held, skew, age of the secret. */
export const observeTokenManager = (meter: Meter, tokens: Pick<TokenManager, 'status'>): void => {
  type Status = ReturnType<TokenManager['status']>
  const observe = (name: MetricName, unit: string, read: (status: Status) => number | undefined) =>
    meter.createObservableGauge(...described(name, unit)).addCallback((result) => {
      const status = tokens.status()
      const value = read(status)
      if (value !== undefined) result.observe(value, { issuer: status.issuer, client_id: status.clientId })
    })
  observe('credence.client.breaker.state', '1', ({ breaker }) => stateNumbers[breaker.state])
  observe('credence.client.tokens', '{token}', ({ cache }) => cache.tokens)
  observe('credence.client.renewal.due', 's', ({ cache }) =>
    cache.nextRenewalAt === undefined ? undefined : cache.nextRenewalAt - Date.now() / 1000,
  )
  observe('credence.client.clock.skew', 's', ({ clockSkewSeconds }) => clockSkewSeconds)
  observe('credence.client.secret.age', 's', ({ secretAgeSeconds }) => secretAgeSeconds)
}
