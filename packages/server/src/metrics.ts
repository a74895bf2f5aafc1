/** What can be measured from outside: Prometheus metrics, named credence_<thing>_<unit>. */
import { OAuthError } from '@credence/protocol'
import type { Registry } from 'prom-client'
import type { HttpRequest, HttpResponse } from './http/http_request.ts'

type Endpoint = (request: HttpRequest) => Promise<HttpResponse>

export interface Metrics {
  /** Counts what an endpoint answers; changes nothing about it. */
  countTokenRequests(endpoint: Endpoint): Endpoint
  /** All metrics in the Prometheus text format. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** A refused request has the grant type `none`: it may have been refused before there was one. */
interface TokenRequestCounts {
  issued: number
  /** By error code, of which there are a handful. */
  readonly refused: Map<string, number>
}

/** @param directorySize how many clients are held in memory at the moment */
export const createMetrics = (directorySize: () => number): Metrics => {
  const counts: TokenRequestCounts = { issued: 0, refused: new Map() }
  let registry: Promise<Registry> | undefined

  const refuse = (error: unknown) => {
    const code = error instanceof OAuthError ? error.code : 'server_error'
    counts.refused.set(code, (counts.refused.get(code) ?? 0) + 1)
  }

  return {
    countTokenRequests: (endpoint) => (request) => {
      const answer = endpoint(request)
      answer.then(() => {
        counts.issued++
      }, refuse)
      return answer
    },
    async expose() {
      registry ??= createRegistry(counts, directorySize)
      const loaded = await registry
      return { contentType: loaded.contentType, text: await loaded.metrics() }
    },
  }
}

/** Loaded at the first scrape: it is a tenth of what a server at rest holds, and who does not scrape needs none of it. */
const createRegistry = async (counts: TokenRequestCounts, directorySize: () => number): Promise<Registry> => {
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  new Counter({
    name: 'credence_token_requests_total',
    help: 'Token requests by grant type and result: issued, or the error code. A refused request has the grant type none.',
    labelNames: ['grant_type', 'result'],
    registers: [registry],
    collect() {
      this.reset()
      this.inc({ grant_type: 'client_credentials', result: 'issued' }, counts.issued)
      for (const [result, count] of counts.refused) this.inc({ grant_type: 'none', result }, count)
    },
  })
  new Gauge({
    name: 'credence_directory_clients',
    help: 'Clients held in memory.',
    registers: [registry],
    collect() {
      this.set(directorySize())
    },
  })
  return registry
}
