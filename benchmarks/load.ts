/** One burst of requests by autocannon, in a process of its own: started with its options as JSON, prints its result as JSON. */
import { json } from 'node:stream/consumers'
import autocannon from 'autocannon'
import { makeProofs } from './dpop/proofs.ts'
import { type AssertionsFor, assertionParameters, makeAssertions } from './private_key_jwt/assertions.ts'

export interface LoadOptions {
  readonly url: string
  /** POST unless given. */
  readonly method?: 'GET' | 'POST'
  /** The Authorization headers to draw from at random, one per request. */
  readonly authorizations: readonly string[]
  readonly form: string
  readonly connections: number
  readonly seconds: number
  /** Given, every request has a new DPoP proof for this URL, made before the first is sent. */
  readonly proofsFor?: string
  /** Given, every request has a new assertion of this client in its form, made before the first is sent. */
  readonly assertionsFor?: AssertionsFor
  /** Given, the connections are of mutual TLS with this certificate, and requests have no Authorization. PEM. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

export interface LoadResult {
  readonly tokensPerSecond: number
  readonly p99Ms: number
  /** Answers other than 200, connection errors and timeouts. */
  readonly failures: number
  /** CPU seconds the generator used per second. Near 1 it is the generator that limits. */
  readonly generatorCpu: number
}

/** More than any server here can take. */
const mostProofsPerSecond = 10_000

const run = async ({
  url,
  method = 'POST',
  authorizations,
  form,
  connections,
  seconds,
  proofsFor,
  assertionsFor,
  tls,
}: LoadOptions): Promise<LoadResult> => {
  const proofs = proofsFor === undefined ? [] : makeProofs(proofsFor, seconds * mostProofsPerSecond)
  let usedProofs = 0
  const nextProof = () => (proofsFor === undefined ? {} : { dpop: proofs[usedProofs++] ?? 'there are no more' })
  const assertions =
    assertionsFor === undefined
      ? []
      : makeAssertions(assertionsFor, seconds * mostProofsPerSecond).map(assertionParameters)
  let usedAssertions = 0
  const nextForm = () => (assertionsFor === undefined ? {} : { body: `${form}${assertions[usedAssertions++] ?? ''}` })
  const authorize = (): { authorization?: string } =>
    assertionsFor === undefined && tls === undefined ? { authorization: draw() } : {}
  const before = process.cpuUsage()
  const started = performance.now()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const draw = (): string => authorizations[Math.floor(Math.random() * authorizations.length)] ?? ''
  const drawn = [
    {
      setupRequest: (request: autocannon.Request) => ({
        ...request,
        headers: { ...headers, ...authorize(), ...nextProof() },
        ...nextForm(),
      }),
    },
  ]
  const result = await autocannon({
    url,
    method,
    body: form,
    headers: { ...headers, ...authorize() },
    connections,
    duration: seconds,
    ...(tls && { tlsOptions: tls }),
    ...((authorizations.length > 1 || proofsFor !== undefined || assertionsFor !== undefined) && { requests: drawn }),
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
