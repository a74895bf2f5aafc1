/** Explains over the management API whether a token request would be granted, and which rule decides. */
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import type { Explanation } from '../explain/explain_request.ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { audience, clientId, clientParams } from './schemas.ts'

const query = {
  type: 'object',
  additionalProperties: false,
  properties: {
    audience: { ...audience, description: 'What a request names as audience or resource. Absent: it names none.' },
    scope: { type: 'string', maxLength: 65_536, description: 'What it asks for. Absent: it asks for none.' },
  },
} as const

const explanationDocument = {
  type: 'object',
  required: ['client_id', 'granted', 'rules'],
  properties: {
    client_id: clientId,
    granted: { type: 'boolean', description: 'Whether no rule refuses. One may depend on what is sent.' },
    decided_by: { type: 'string', description: 'The first rule that refuses.' },
    error: { type: 'string', description: 'What the token endpoint would answer.' },
    rules: {
      type: 'array',
      items: {
        type: 'object',
        required: ['rule', 'verdict', 'because'],
        properties: {
          rule: {
            type: 'string',
            enum: ['client', 'credentials', 'target', 'scope', 'lifetime', 'profile', 'sender_constraint', 'quota'],
          },
          verdict: { type: 'string', enum: ['allows', 'refuses', 'depends'] },
          because: { type: 'string', description: 'For people.' },
          error: { type: 'string' },
        },
      },
    },
    token: {
      type: 'object',
      required: ['audience', 'scope', 'expires_in'],
      properties: { audience: { type: 'string' }, scope: { type: 'string' }, expires_in: { type: 'integer' } },
      description: 'What the token would be.',
    },
  },
} as const

const toDocument = (clientId: string, { granted, rulings, token }: Explanation) => {
  const decisive = rulings.find(({ verdict }) => verdict === 'refuses')
  return {
    client_id: clientId,
    granted,
    ...(decisive !== undefined && { decided_by: decisive.rule, error: decisive.error }),
    rules: rulings,
    ...(token !== undefined && {
      token: { audience: token.audience, scope: token.scope.join(' '), expires_in: token.ttlSeconds },
    }),
  }
}

export const addExplainRoute = (app: FastifyInstance, { explain }: Pick<AdminDeps, 'explain'>): void => {
  addAdminRoute<{ Params: FromSchema<typeof clientParams>; Querystring: FromSchema<typeof query> }>(app, {
    method: 'GET',
    url: '/clients/:client_id/explain',
    scope: 'admin:explain:read',
    operationId: 'explainTokenRequest',
    summary: 'Explain whether a token request would be granted, rule by rule; issues nothing',
    schema: { params: clientParams, querystring: query },
    success: { status: 200, description: 'The rules with their verdicts', body: explanationDocument },
    handler: async ({ params, query: { audience, scope } }) =>
      toDocument(params.client_id, await explain({ clientId: params.client_id, audience, scope })),
  })
}
