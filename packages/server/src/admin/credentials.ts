/** Management of a client's credentials: any number live at once, so that rotation has no gap. */
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { checkNoEscalation } from './caller.ts'
import {
  createSecretCredential,
  credentialDocument,
  credentialRequest,
  newSecretProperties,
  toCredentialDocument,
  toNewSecretDocument,
} from './credential_documents.ts'
import { type PageQuery, pageLimits } from './page_cursor.ts'
import { Problem } from './problem.ts'
import { resolveClient } from './resolve_client.ts'
import { clientId, pageOf, pageQuery } from './schemas.ts'

const params = { type: 'object', required: ['client_id'], properties: { client_id: clientId } } as const
const credentialParams = {
  type: 'object',
  required: ['client_id', 'credential_id'],
  properties: { client_id: clientId, credential_id: { type: 'string', pattern: '^cred_[0-9a-z]{26}$' } },
} as const

const newCredentialDocument = {
  ...credentialDocument,
  required: [...credentialDocument.required, 'client_secret', 'client_secret_expires_at'],
  properties: { ...credentialDocument.properties, ...newSecretProperties },
} as const

type Owner = { Params: FromSchema<typeof params> }

export const addCredentialRoutes = (app: FastifyInstance, deps: AdminDeps): void => {
  const { storage, cursors, clock } = deps

  addAdminRoute<Owner & { Querystring: PageQuery }>(app, {
    method: 'GET',
    url: '/clients/:client_id/credentials',
    scope: 'admin:credentials:read',
    operationId: 'listCredentials',
    summary: 'List the credentials of a client, revoked ones included, oldest first',
    schema: { params, querystring: pageQuery },
    success: { status: 200, description: 'A page of credentials', body: pageOf(credentialDocument) },
    async handler({ params, query }) {
      const { client } = await resolveClient(storage, params.client_id)
      const list = `credentials of ${client.clientId}`
      const found = await storage.credentials.listByClient(client.clientId, cursors.request(list, query))
      const now = clock.epochSeconds()
      const documents = found.map((credential) => toCredentialDocument(credential, now))
      return cursors.page(list, documents, {
        limit: query.limit ?? pageLimits.default,
        keyOf: (credential) => credential.credential_id,
      })
    },
  })

  addAdminRoute<Owner & { Body: FromSchema<typeof credentialRequest> }>(app, {
    method: 'POST',
    url: '/clients/:client_id/credentials',
    scope: 'admin:credentials:write',
    operationId: 'addCredential',
    summary: 'Add a secret beside those there are; it is shown once',
    schema: { params, body: credentialRequest },
    success: { status: 201, description: 'The credential and its secret', body: newCredentialDocument },
    async handler({ params, body, caller }) {
      const made = createSecretCredential(params.client_id, body, deps)
      await storage.transaction(async (stores) => {
        checkNoEscalation(caller, (await resolveClient(stores, params.client_id)).grants)
        await stores.credentials.create(made.credential)
      })
      return { ...toCredentialDocument(made.credential, clock.epochSeconds()), ...toNewSecretDocument(made) }
    },
  })

  addAdminRoute<{ Params: FromSchema<typeof credentialParams> }>(app, {
    method: 'DELETE',
    url: '/clients/:client_id/credentials/:credential_id',
    scope: 'admin:credentials:write',
    operationId: 'revokeCredential',
    summary: 'Revoke a credential; it gets no more tokens from now on, and stays in the list',
    schema: { params: credentialParams },
    success: { status: 200, description: 'The credential as it is now', body: credentialDocument },
    async handler({ params, caller }) {
      const now = clock.epochSeconds()
      const revoked = await storage.transaction(async (stores) => {
        checkNoEscalation(caller, (await resolveClient(stores, params.client_id)).grants)
        const stored = await stores.credentials.find(params.credential_id)
        if (stored?.clientId !== params.client_id) {
          throw new Problem('not_found', `${params.client_id} has no credential ${params.credential_id}`)
        }
        return stores.credentials.revoke(params.credential_id, now)
      })
      return toCredentialDocument(revoked, now)
    },
  })
}
