/** What can be measured from outside: Prometheus metrics, named credence_<thing>_<unit>. */

import { OAuthError } from '@credence/protocol'
import { Counter, Gauge, Registry } from 'prom-client'
import type { HttpRequest, HttpResponse } from './http/http_request.ts'

type Endpoint = (request: HttpRequest) => Promise<HttpResponse>

export interface Metrics {
  readonly registry: Registry
  /** Counts what an endpoint answers; changes nothing about it. */
  countTokenRequests(endpoint: Endpoint): Endpoint
}

/** @param directorySize how many clients are held in memory at the moment */
export const createMetrics = (directorySize: () => number): Metrics => {
  const registry = new Registry()
  const requests = new Counter({
    name: 'credence_token_requests_total',
    help: 'Token requests by grant type and result: issued, or the error code. A refused request has the grant type none.',
    labelNames: ['grant_type', 'result'],
    registers: [registry],
  })
  new Gauge({
    name: 'credence_directory_clients',
    help: 'Clients held in memory.',
    registers: [registry],
    collect() {
      this.set(directorySize())
    },
  })
  const issued = requests.labels('client_credentials', 'issued')

  return {
    registry,
    countTokenRequests: (endpoint) => (request) => {
      const answer = endpoint(request)
      answer.then(
        () => issued.inc(),
        (error) => requests.labels('none', error instanceof OAuthError ? error.code : 'server_error').inc(),
      )
      return answer
    },
  }
}
