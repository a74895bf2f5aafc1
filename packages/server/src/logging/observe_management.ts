/** Request ids, log lines and counts of the management listener, in hooks around whatever its routes do. */
import type { IncomingMessage } from 'node:http'
import type { Randomness } from '@credence/protocol'
import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify'
import { createCounts } from '../metrics/counts.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { requestIdHeader, requestIdsOf } from './request_ids.ts'

/** Options under which every log line of a request bears its ids. */
export const correlation = (randomness: Randomness): Pick<FastifyServerOptions, 'genReqId' | 'childLoggerFactory'> => ({
  genReqId: (request: IncomingMessage) => requestIdsOf(request.headers, randomness).request_id,
  childLoggerFactory: (logger, bindings, options, request) => {
    const { trace_id, span_id } = requestIdsOf(request.headers, randomness)
    return logger.child({ ...bindings, ...(trace_id !== undefined && { trace_id, span_id }) }, options)
  },
})

/** Every answer names its request; a change is logged as `info`, anything else as `debug`. */
export const observeManagement = (app: FastifyInstance, metrics: Metrics): void => {
  const requests = createCounts()
  metrics.register('credence_management_requests_total', () =>
    requests.entries().map(([operation, status, value]) => ({ labels: { operation, status }, value })),
  )
  app.addHook('onRequest', async (request, reply) => {
    reply.header(requestIdHeader, request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request
    const operation = routeOptions.config?.operation?.operationId ?? 'none'
    requests.add(operation, String(reply.statusCode))
    const isChange = method !== 'GET' && method !== 'HEAD' && reply.statusCode < 400
    request.log[isChange ? 'info' : 'debug'](
      { operation, status: reply.statusCode, caller: callerOf(request), duration_seconds: reply.elapsedTime / 1000 },
      'management request',
    )
  })
}

/** A client id, or `local`. Undefined for a request that was refused before it was known who calls. */
const callerOf = ({ caller }: FastifyRequest): string | undefined =>
  caller === undefined || caller === null || caller.kind === 'local' ? caller?.kind : caller.clientId
