/** Management of clients: the services that ask for tokens. Member names as in RFC 7591. */
import type { Client } from '@credence/storage'
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { checkNoEscalation } from './caller.ts'
import {
  clientChange,
  clientCreation,
  clientDocument,
  newClientDocument,
  toClientDocument,
} from './client_documents.ts'
import { createSecretCredential, toNewSecretDocument } from './credential_documents.ts'
import { setGrant } from './grants.ts'
import { type PageQuery, pageLimits } from './page_cursor.ts'
import { Problem } from './problem.ts'
import { resolveClient } from './resolve_client.ts'
import { etagOf, parseIfMatch } from './revision.ts'
import { clientId, pageOf, pageQuery } from './schemas.ts'

const params = { type: 'object', required: ['client_id'], properties: { client_id: clientId } } as const

type Target = { Params: FromSchema<typeof params> }

export const addClientRoutes = (app: FastifyInstance, deps: AdminDeps): void => {
  const { storage, cursors, clock, server } = deps

  addAdminRoute<{ Querystring: PageQuery }>(app, {
    method: 'GET',
    url: '/clients',
    scope: 'admin:clients:read',
    operationId: 'listClients',
    summary: 'List clients, by id',
    schema: { querystring: pageQuery },
    success: { status: 200, description: 'A page of clients', body: pageOf(clientDocument) },
    async handler({ query }) {
      const found = await storage.clients.list(cursors.request('clients', query))
      const limit = query.limit ?? pageLimits.default
      return cursors.page('clients', found.map(toClientDocument), { limit, keyOf: (client) => client.client_id })
    },
  })

  addAdminRoute<{ Body: FromSchema<typeof clientCreation> }>(app, {
    method: 'POST',
    url: '/clients',
    scope: 'admin:clients:write',
    operationId: 'createClient',
    summary: 'Create a client with its grants and a first secret, which is shown once',
    schema: { body: clientCreation },
    success: { status: 201, description: 'The client and its secret', body: newClientDocument },
    async handler({ body, caller }, reply) {
      const now = clock.epochSeconds()
      const grants = (body.grants ?? []).map((grant) => ({
        ...grant,
        clientId: body.client_id,
        createdAt: now,
        updatedAt: now,
      }))
      checkNoEscalation(caller, grants)
      if (new Set(grants.map((grant) => grant.audience)).size < grants.length) {
        throw new Problem('invalid_request', 'two grants name the same audience')
      }
      const client: Client = {
        clientId: body.client_id,
        name: body.client_name,
        tokenEndpointAuthMethod: body.token_endpoint_auth_method,
        tokenTtlSeconds: body.token_ttl_seconds,
        defaultScope: body.default_scope,
        disabled: false,
        createdAt: now,
        updatedAt: now,
        revision: 1,
      }
      const made = createSecretCredential(client.clientId, body.credential ?? {}, deps)
      await storage.transaction(async (stores) => {
        await stores.clients.create(client)
        await stores.credentials.create(made.credential)
        for (const grant of grants) await setGrant(stores, grant)
      })
      reply
        .header('etag', etagOf(client.revision))
        .header('location', `/admin/v1/clients/${encodeURIComponent(client.clientId)}`)
      return {
        ...toClientDocument(client),
        grants: grants.map(({ audience, scopes }) => ({ audience, scopes })),
        credential_id: made.credential.credentialId,
        ...toNewSecretDocument(made),
        issuer: server.issuer,
        token_endpoint: server.token_endpoint,
      }
    },
  })

  addAdminRoute<Target>(app, {
    method: 'GET',
    url: '/clients/:client_id',
    scope: 'admin:clients:read',
    operationId: 'getClient',
    summary: 'Get a client',
    schema: { params },
    success: { status: 200, description: 'The client', body: clientDocument },
    async handler({ params }, reply) {
      const { client } = await resolveClient(storage, params.client_id)
      reply.header('etag', etagOf(client.revision))
      return toClientDocument(client)
    },
  })

  addAdminRoute<Target & { Body: FromSchema<typeof clientChange> }>(app, {
    method: 'PATCH',
    url: '/clients/:client_id',
    scope: 'admin:clients:write',
    operationId: 'updateClient',
    summary: 'Change a client; what is not given stays, null takes it away. RFC 7396',
    schema: { params, body: clientChange },
    success: { status: 200, description: 'The client as it is now', body: clientDocument },
    async handler({ params, body, headers, caller }, reply) {
      const { client: stored, grants } = await resolveClient(storage, params.client_id)
      checkNoEscalation(caller, grants)
      const changed: Client = {
        ...stored,
        name: patched(body.client_name, stored.name),
        tokenEndpointAuthMethod: patched(body.token_endpoint_auth_method, stored.tokenEndpointAuthMethod),
        tokenTtlSeconds: patched(body.token_ttl_seconds, stored.tokenTtlSeconds),
        defaultScope: patched(body.default_scope, stored.defaultScope),
        disabled: body.disabled ?? stored.disabled,
        updatedAt: clock.epochSeconds(),
      }
      const client = await storage.clients.update(changed, parseIfMatch(headers['if-match']) ?? stored.revision)
      reply.header('etag', etagOf(client.revision))
      return toClientDocument(client)
    },
  })

  addAdminRoute<Target>(app, {
    method: 'DELETE',
    url: '/clients/:client_id',
    scope: 'admin:clients:write',
    operationId: 'deleteClient',
    summary: 'Delete a client, its credentials and its grants',
    schema: { params },
    success: { status: 204, description: 'It is gone' },
    async handler({ params, headers, caller }) {
      checkNoEscalation(caller, (await resolveClient(storage, params.client_id)).grants)
      await storage.clients.delete(params.client_id, parseIfMatch(headers['if-match']))
    },
  })
}

/** RFC 7396 §1: a member that is absent stays, null removes it. */
const patched = <T>(given: T | null | undefined, stored: T | undefined): T | undefined =>
  given === undefined ? stored : (given ?? undefined)
