/** One burst of requests by autocannon, in a process of its own: started with its options as JSON, prints its result as JSON. */
import { json } from 'node:stream/consumers'
import autocannon from 'autocannon'

export interface LoadOptions {
  readonly url: string
  /** POST unless given. */
  readonly method?: 'GET' | 'POST'
  /** The Authorization headers to draw from at random, one per request. */
  readonly authorizations: readonly string[]
  readonly form: string
  readonly connections: number
  readonly seconds: number
}

export interface LoadResult {
  readonly tokensPerSecond: number
  readonly p99Ms: number
  /** Answers other than 200, connection errors and timeouts. */
  readonly failures: number
  /** CPU seconds the generator used per second. Near 1 it is the generator that limits. */
  readonly generatorCpu: number
}

const run = async ({
  url,
  method = 'POST',
  authorizations,
  form,
  connections,
  seconds,
}: LoadOptions): Promise<LoadResult> => {
  const before = process.cpuUsage()
  const started = performance.now()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const draw = (): string => authorizations[Math.floor(Math.random() * authorizations.length)] ?? ''
  const drawn = [
    { setupRequest: (request: autocannon.Request) => ({ ...request, headers: { ...headers, authorization: draw() } }) },
  ]
  const result = await autocannon({
    url,
    method,
    body: form,
    headers: { ...headers, authorization: draw() },
    connections,
    duration: seconds,
    ...(authorizations.length > 1 && { requests: drawn }),
  })
  const { user, system } = process.cpuUsage(before)
  return {
    tokensPerSecond: result['2xx'] / result.duration,
    p99Ms: result.latency.p99,
    failures: result.non2xx + result.errors + result.timeouts,
    generatorCpu: (user + system) / 1000 / (performance.now() - started),
  }
}

if (import.meta.main) {
  const options = await json(process.stdin)
  process.stdout.write(JSON.stringify(await run(options as LoadOptions)))
}
