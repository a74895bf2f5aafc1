/** The OpenAPI document, made from the routes themselves. OpenAPI 3.1. */
import type { RouteOptions } from 'fastify'
import type { ServerDescription } from './admin_deps.ts'
import { adminScopes } from './admin_scopes.ts'
import { problemDocument } from './schemas.ts'

/** An operation, less what the route itself says: method, path and the schemas that validate it. */
export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly scope: string
  /** Status and description of success, and the schema of its body where it has one. */
  readonly success: { readonly status: number; readonly description: string; readonly body?: object }
}

export interface OpenApi {
  /** Takes a route in; one that declares no operation is left out. */
  add(route: RouteOptions): void
  document(): object
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, object>>
}

export const createOpenApi = (server: ServerDescription): OpenApi => {
  const paths: Record<string, Record<string, object>> = {}
  return {
    add({ method, url, schema, config }) {
      // HEAD routes are the framework's shadows of the GET routes
      if (config?.operation === undefined || typeof method !== 'string' || method === 'HEAD') return
      const path = url.replaceAll(/:(\w+)/g, '{$1}')
      // the schemas are those of schemas.ts; Fastify takes any and so calls them unknown
      const { params, querystring, body } = (schema ?? {}) as RouteSchemas
      const described = describe(config.operation, { path, method, params, querystring, body })
      paths[path] = { ...paths[path], [method.toLowerCase()]: described }
    },
    document: () => ({ ...frame(server), paths }),
  }
}

interface RouteSchemas {
  readonly params?: ObjectSchema | undefined
  readonly querystring?: ObjectSchema | undefined
  readonly body?: object | undefined
}

interface Described extends RouteSchemas {
  readonly path: string
  readonly method: string
}

const describe = ({ operationId, summary, scope, success }: Operation, route: Described): object => ({
  operationId,
  summary,
  tags: [route.path.split('/').findLast((part) => part !== '' && !part.startsWith('{'))],
  security: [{ credence: [scope] }],
  parameters: [
    ...parametersIn('path', route.params, { required: true }),
    ...parametersIn('query', route.querystring, { required: false }),
    ...(isConditional(route) ? [ifMatch] : []),
  ],
  ...(route.body !== undefined && {
    requestBody: { required: true, content: { 'application/json': { schema: route.body } } },
  }),
  responses: {
    [success.status]: {
      description: success.description,
      ...(success.body !== undefined && { content: { 'application/json': { schema: success.body } } }),
    },
    '4XX': problem('What is wrong with the request'),
    '5XX': problem('What is wrong with the server'),
  },
})

const problem = (description: string) => ({
  description: `${description}: a problem document (RFC 9457) with a stable code.`,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
})

const parametersIn = (place: 'path' | 'query', schema: ObjectSchema = {}, rest: { readonly required: boolean }) =>
  Object.entries(schema.properties ?? {}).map(([name, value]) => ({ name, in: place, schema: value, ...rest }))

/** A credential has no version: revoking it twice is revoking it. */
const isConditional = ({ path, method }: Described): boolean =>
  (method === 'PUT' || method === 'PATCH' || method === 'DELETE') && !path.endsWith('/credentials/{credential_id}')

const ifMatch = {
  name: 'If-Match',
  in: 'header',
  required: false,
  schema: { type: 'string' },
  description: 'The ETag of the version that is meant. When it is no longer the current one: 412.',
}

const frame = (server: ServerDescription) => ({
  openapi: '3.1.0',
  info: {
    title: 'Credence management API',
    version: server.version,
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    description:
      'Over TCP every request carries a Credence token for urn:credence:admin; over the local socket none is needed. ' +
      'Errors are problem documents (RFC 9457). Lists are paged by cursor. A change takes If-Match.',
  },
  servers: [{ url: '/' }],
  components: {
    securitySchemes: {
      credence: {
        type: 'oauth2',
        flows: {
          clientCredentials: {
            tokenUrl: server.token_endpoint,
            scopes: Object.fromEntries(adminScopes.map((scope) => [scope, scope])),
          },
        },
      },
    },
    schemas: { Problem: problemDocument },
  },
})
