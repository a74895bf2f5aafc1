/** Writes the answer of a management request that was refused or failed. RFC 9457. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { requestIdHeader } from '../logging/request_ids.ts'
import { Problem, problems } from './problem.ts'
import { toProblem } from './to_problem.ts'

export const answerProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const problem = toProblem(error)
  const { status } = problems[problem.code]
  if (status >= 500) request.log.error({ err: problem.cause }, 'management request failed')
  reply
    .code(status)
    .headers({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      [requestIdHeader]: request.id,
      ...problem.headers,
    })
    .send(JSON.stringify(problem.toDocument()))
}

/** What is refused before there is a route: no hook runs, and the path is not one to repeat. */
export const answerUnreadablePath = (_error: unknown, request: FastifyRequest, reply: FastifyReply): void =>
  answerProblem(new Problem('invalid_request', 'the path is not well formed'), request, reply)
