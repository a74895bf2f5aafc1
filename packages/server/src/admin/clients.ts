/** Management of clients: the services that ask for tokens. Member names as in RFC 7591. */
import type { Client, Stores } from '@credence/storage'
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import { cutOffClient } from '../revocation/cut_off_client.ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { adminAudience } from './admin_scopes.ts'
import { subjectOf } from './administer.ts'
import { checkNoEscalation } from './caller.ts'
import {
  clientChange,
  clientCreation,
  clientDocument,
  newClientDocument,
  toClientDocument,
} from './client_documents.ts'
import { toCredentialDocument, toNewSecretDocument } from './credential_documents.ts'
import { credentialMembersOf, materialOf } from './credential_material.ts'
import { setGrant } from './grants.ts'
import { newManagedRotation, patchedManagedRotation } from './managed_rotation_documents.ts'
import { allOf, checkRotatable, checkUriAlone, createFirstCredentials } from './new_credentials.ts'
import { type PageQuery, pageLimits } from './page_cursor.ts'
import { Problem } from './problem.ts'
import { newQuota, patchedQuota } from './quota_documents.ts'
import { resolveClient } from './resolve_client.ts'
import { etagOf, parseIfMatch } from './revision.ts'
import { clientParams, pageOf, pageQuery } from './schemas.ts'

type Target = { Params: FromSchema<typeof clientParams> }

export const addClientRoutes = (app: FastifyInstance, deps: AdminDeps): void => {
  const { storage, administer, cursors, clock, server } = deps

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
    summary:
      'Create a client with its grants and first credentials; a secret, unless others are given or needed, shown once',
    schema: { body: clientCreation },
    success: { status: 201, description: 'The client and its first credentials', body: newClientDocument },
    async handler({ body, caller }, reply) {
      const now = clock.epochSeconds()
      const grants = (body.grants ?? []).map((grant) => ({
        ...grant,
        clientId: body.client_id,
        createdAt: now,
        updatedAt: now,
      }))
      if (new Set(grants.map((grant) => grant.audience)).size < grants.length) {
        throw new Problem('invalid_request', 'two grants name the same audience')
      }
      const client: Client = {
        clientId: body.client_id,
        name: body.client_name,
        tokenEndpointAuthMethod: body.token_endpoint_auth_method,
        tokenTtlSeconds: body.token_ttl_seconds,
        defaultScope: body.default_scope,
        quota: body.quota && newQuota(body.quota),
        managedRotation: body.managed_rotation && newManagedRotation(body.managed_rotation),
        dpopBoundAccessTokens: body.dpop_bound_access_tokens ?? false,
        certificateBoundAccessTokens: body.tls_client_certificate_bound_access_tokens ?? false,
        tokenEndpointAudience: body.token_endpoint_audience ?? false,
        serves: body.serves ?? [],
        disabled: false,
        createdAt: now,
        updatedAt: now,
        revision: 1,
      }
      checkRotatable(client)
      const given = credentialMembersOf(body)
      checkUriAlone(given)
      const materials = materialOf(given, {
        ...{ issuer: server.issuer, allowPrivateAddresses: deps.allowPrivateAddresses },
        method: client.tokenEndpointAuthMethod,
      })
      const made = createFirstCredentials(client, materials, { ...deps, ...body.credential })
      const credentials = allOf(made)
      const shown = {
        ...toClientDocument(client),
        grants: grants.map(({ audience, scopes }) => ({ audience, scopes })),
        credential_id: credentials[0]?.credentialId,
        credentials: credentials.map((credential) => toCredentialDocument(credential, now)),
      }
      const creation = { action: 'client.create', subject: subjectOf`clients/${client.clientId}` }
      await administer(caller, creation, async (stores) => {
        checkNoEscalation(caller, grants)
        await checkServed(client.serves, stores)
        await stores.clients.create(client)
        for (const credential of credentials) await stores.credentials.create(credential)
        for (const grant of grants) await setGrant(stores, grant)
        return { after: shown, result: undefined }
      })
      reply
        .header('etag', etagOf(client.revision))
        .header('location', `/admin/v1/clients/${encodeURIComponent(client.clientId)}`)
      return {
        ...shown,
        ...(made.secret !== undefined && toNewSecretDocument(made.secret)),
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
    schema: { params: clientParams },
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
    schema: { params: clientParams, body: clientChange },
    success: { status: 200, description: 'The client as it is now', body: clientDocument },
    async handler({ params, body, headers, caller }, reply) {
      const expected = parseIfMatch(headers['if-match'])
      const change = { action: 'client.update', subject: subjectOf`clients/${params.client_id}` }
      const client = await administer(caller, change, async (stores) => {
        const { client: stored, grants } = await resolveClient(stores, params.client_id)
        checkNoEscalation(caller, grants)
        const changed: Client = {
          ...stored,
          name: patched(body.client_name, stored.name),
          tokenEndpointAuthMethod: patched(body.token_endpoint_auth_method, stored.tokenEndpointAuthMethod),
          tokenTtlSeconds: patched(body.token_ttl_seconds, stored.tokenTtlSeconds),
          defaultScope: patched(body.default_scope, stored.defaultScope),
          quota: patchedQuota(body.quota, stored.quota),
          managedRotation: patchedManagedRotation(body.managed_rotation, stored.managedRotation),
          dpopBoundAccessTokens: body.dpop_bound_access_tokens ?? stored.dpopBoundAccessTokens,
          certificateBoundAccessTokens:
            body.tls_client_certificate_bound_access_tokens ?? stored.certificateBoundAccessTokens,
          tokenEndpointAudience: body.token_endpoint_audience ?? stored.tokenEndpointAudience,
          serves: body.serves ?? stored.serves,
          disabled: body.disabled ?? stored.disabled,
          updatedAt: clock.epochSeconds(),
        }
        await checkServed(body.serves ?? [], stores)
        checkRotatable(changed)
        const updated = await stores.clients.update(changed, expected ?? stored.revision)
        if (updated.disabled && !stored.disabled) {
          await cutOffClient(stores, { ...server, clientId: stored.clientId, now: updated.updatedAt })
        }
        return { before: toClientDocument(stored), after: toClientDocument(updated), result: updated }
      })
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
    schema: { params: clientParams },
    success: { status: 204, description: 'It is gone' },
    async handler({ params, headers, caller }) {
      const expected = parseIfMatch(headers['if-match'])
      const deletion = { action: 'client.delete', subject: subjectOf`clients/${params.client_id}` }
      await administer(caller, deletion, async (stores) => {
        const { client, grants } = await resolveClient(stores, params.client_id)
        checkNoEscalation(caller, grants)
        await stores.clients.delete(client.clientId, expected)
        await cutOffClient(stores, { ...server, clientId: client.clientId, now: clock.epochSeconds() })
        const before = {
          ...toClientDocument(client),
          grants: grants.map(({ audience, scopes }) => ({ audience, scopes })),
        }
        return { before, result: undefined }
      })
    },
  })
}

/** Nobody but Credence serves its own API. @throws {Problem} `built_in`, `not_found` */
const checkServed = async (audiences: readonly string[], { apis }: Pick<Stores, 'apis'>): Promise<void> => {
  for (const audience of audiences) {
    if (audience === adminAudience) throw new Problem('built_in', `${adminAudience} is served by Credence itself`)
    if ((await apis.find(audience)) === undefined) {
      throw new Problem('not_found', `no API with the audience ${audience}`)
    }
  }
}

/** RFC 7396 §1: a member that is absent stays, null removes it. */
const patched = <T>(given: T | null | undefined, stored: T | undefined): T | undefined =>
  given === undefined ? stored : (given ?? undefined)
