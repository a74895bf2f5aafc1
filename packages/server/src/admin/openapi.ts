/** The frame of the OpenAPI document; its paths come from the routes themselves. OpenAPI 3.1. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { ServerDescription } from './admin_deps.ts'
import { adminScopes } from './admin_scopes.ts'

export const openApiDocument = (server: ServerDescription): NonNullable<FastifyDynamicSwaggerOptions['openapi']> => ({
  openapi: '3.1.0',
  info: {
    title: 'Credence management API',
    version: server.version,
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    description:
      'Over TCP every request carries a Credence token for urn:credence:admin; over the local socket none is needed. ' +
      'Errors are problem documents (RFC 9457). Lists are paged by cursor. A change takes If-Match.',
  },
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
  },
})
