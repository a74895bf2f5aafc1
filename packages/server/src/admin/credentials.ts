/** Management of a client's credentials: any number live at once, so that rotation has no gap. */
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import { cutoffForGood } from '../revocation/new_revocation.ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { subjectOf } from './administer.ts'
import { checkNoEscalation } from './caller.ts'
import {
  createSecretCredential,
  credentialDocument,
  credentialRequest,
  newSecretProperties,
  toCredentialDocument,
  toNewSecretDocument,
} from './credential_documents.ts'
import { createOutlook, credentialOutlookDocument } from './credential_outlook.ts'
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

const revokeQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    and_tokens: {
      type: 'boolean',
      description: 'Deny the tokens that it got, too. Otherwise they live until they expire, as a rotation wants it.',
    },
  },
} as const

type Owner = { Params: FromSchema<typeof params> }

export const addCredentialRoutes = (app: FastifyInstance, deps: AdminDeps): void => {
  const { storage, administer, cursors, clock, server } = deps

  addAdminRoute<Owner & { Querystring: PageQuery }>(app, {
    method: 'GET',
    url: '/clients/:client_id/credentials',
    scope: 'admin:credentials:read',
    operationId: 'listCredentials',
    summary: 'List the credentials of a client, revoked ones included, oldest first',
    schema: { params, querystring: pageQuery },
    success: { status: 200, description: 'A page of credentials', body: pageOf(credentialOutlookDocument) },
    async handler({ params, query }) {
      await deps.flushUses()
      const record = await resolveClient(storage, params.client_id)
      const { clientId } = record.client
      const list = `credentials of ${clientId}`
      const found = await storage.credentials.listByClient(clientId, cursors.request(list, query))
      const documents = found.map(await createOutlook(storage, record, clock.epochSeconds()))
      return cursors.page(list, documents, {
        limit: query.limit ?? pageLimits.default,
        keyOf: (credential) => credential.credential_id,
      })
    },
  })

  addAdminRoute<{ Params: FromSchema<typeof credentialParams> }>(app, {
    method: 'GET',
    url: '/clients/:client_id/credentials/:credential_id',
    scope: 'admin:credentials:read',
    operationId: 'getCredential',
    summary: 'Get a credential, with whether it can be deleted and why',
    schema: { params: credentialParams },
    success: { status: 200, description: 'The credential', body: credentialOutlookDocument },
    async handler({ params }) {
      await deps.flushUses()
      const record = await resolveClient(storage, params.client_id)
      const credential = await storage.credentials.find(params.credential_id)
      if (credential?.clientId !== params.client_id) {
        throw new Problem('not_found', `${params.client_id} has no credential ${params.credential_id}`)
      }
      return (await createOutlook(storage, record, clock.epochSeconds()))(credential)
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
      const shown = toCredentialDocument(made.credential, clock.epochSeconds())
      const subject = subjectOf`clients/${params.client_id}/credentials/${shown.credential_id}`
      await administer(caller, { action: 'credential.add', subject }, async (stores) => {
        checkNoEscalation(caller, (await resolveClient(stores, params.client_id)).grants)
        await stores.credentials.create(made.credential)
        return { after: shown, result: undefined }
      })
      return { ...shown, ...toNewSecretDocument(made) }
    },
  })

  addAdminRoute<{ Params: FromSchema<typeof credentialParams>; Querystring: FromSchema<typeof revokeQuery> }>(app, {
    method: 'DELETE',
    url: '/clients/:client_id/credentials/:credential_id',
    scope: 'admin:credentials:write',
    operationId: 'revokeCredential',
    summary: 'Revoke a credential; it gets no more tokens from now on, and stays in the list',
    schema: { params: credentialParams, querystring: revokeQuery },
    success: { status: 200, description: 'The credential as it is now', body: credentialDocument },
    async handler({ params, query, caller }) {
      const now = clock.epochSeconds()
      const subject = subjectOf`clients/${params.client_id}/credentials/${params.credential_id}`
      return administer(caller, { action: 'credential.revoke', subject }, async (stores) => {
        checkNoEscalation(caller, (await resolveClient(stores, params.client_id)).grants)
        const stored = await stores.credentials.find(params.credential_id)
        if (stored?.clientId !== params.client_id) {
          throw new Problem('not_found', `${params.client_id} has no credential ${params.credential_id}`)
        }
        const revoked = await stores.credentials.revoke(params.credential_id, now)
        if (query.and_tokens === true) {
          const { issuer } = server
          await stores.revocations.append(cutoffForGood({ issuer, credentialId: revoked.credentialId }, now))
        }
        const shown = toCredentialDocument(revoked, now)
        return { before: toCredentialDocument(stored, now), after: shown, result: shown }
      })
    },
  })
}
