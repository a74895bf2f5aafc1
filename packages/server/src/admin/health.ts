/** Liveness and readiness, for whoever starts and balances this process. No token needed; they say nothing but yes or no. */
import type { FastifyInstance } from 'fastify'

export interface Health {
  /** Resolves to the reason why no request should be sent here now, or undefined. */
  readonly notReadyBecause: () => Promise<string | undefined>
}

export const addHealthRoutes = (app: FastifyInstance, { notReadyBecause }: Health): void => {
  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async (_request, reply) => {
    const reason = await notReadyBecause()
    if (reason === undefined) return { status: 'ready' }
    reply.code(503).header('retry-after', '1')
    return { status: 'not ready', reason }
  })
}
