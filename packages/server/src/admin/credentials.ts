/** Management of a client's credentials: any number live at once, so that rotation has no gap. */
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import { cutoffForGood } from '../revocation/new_revocation.ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { subjectOf } from './administer.ts'
import { type Caller, checkNoEscalation } from './caller.ts'
import {
  createSecretCredential,
  credentialDocument,
  credentialRequest,
  type NewSecretRequest,
  newSecretProperties,
  toCredentialDocument,
  toNewSecretDocument,
} from './credential_documents.ts'
import { credentialMembersOf, describeMaterial, type Material, materialOf } from './credential_material.ts'
import { createOutlook, credentialOutlookDocument } from './credential_outlook.ts'
import { checkFits, checkRoom, checkUriAlone, createMaterialCredential } from './new_credentials.ts'
import { type PageQuery, pageLimits } from './page_cursor.ts'
import { Problem } from './problem.ts'
import { resolveClient } from './resolve_client.ts'
import { clientId, clientParams, pageOf, pageQuery } from './schemas.ts'

const credentialParams = {
  type: 'object',
  required: ['client_id', 'credential_id'],
  properties: { client_id: clientId, credential_id: { type: 'string', pattern: '^cred_[0-9a-z]{26}$' } },
} as const

const newSecretDocument = {
  ...credentialDocument,
  required: [...credentialDocument.required, 'client_secret', 'client_secret_expires_at'],
  properties: { ...credentialDocument.properties, ...newSecretProperties },
} as const

const newCredentialsDocument = {
  type: 'object',
  required: ['client_id', 'credentials'],
  properties: { client_id: clientId, credentials: { type: 'array', items: credentialDocument } },
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

type Owner = { Params: FromSchema<typeof clientParams> }
type NewCredential = FromSchema<typeof credentialRequest>

export const addCredentialRoutes = (app: FastifyInstance, deps: AdminDeps): void => {
  const { storage, administer, cursors, clock, server } = deps

  const addSecret = async (clientId: string, asked: NewSecretRequest, caller: Caller) => {
    const made = createSecretCredential((await resolveClient(storage, clientId)).client, asked, deps)
    const shown = toCredentialDocument(made.credential, clock.epochSeconds())
    const subject = subjectOf`clients/${clientId}/credentials/${shown.credential_id}`
    await administer(caller, { action: 'credential.add', subject }, async (stores) => {
      const record = await resolveClient(stores, clientId)
      checkNoEscalation(caller, record.grants)
      checkFits(record.client, 'secret')
      checkRoom(record, [])
      await stores.credentials.create(made.credential)
      return { after: shown, result: undefined }
    })
    return { ...shown, ...toNewSecretDocument(made) }
  }

  const addOthers = async (clientId: string, body: NewCredential, caller: Caller) => {
    const { client } = await resolveClient(storage, clientId)
    const materials = materialOf(credentialMembersOf(body), {
      ...{ issuer: server.issuer, allowPrivateAddresses: deps.allowPrivateAddresses },
      method: client.tokenEndpointAuthMethod,
    })
    checkKinds(body.kind, materials)
    const made = materials.map((material) => createMaterialCredential(clientId, material, { ...deps, ...body }))
    const shown = made.map((credential) => toCredentialDocument(credential, clock.epochSeconds()))
    const first = shown[0]?.credential_id ?? ''
    const subject =
      made.length === 1
        ? subjectOf`clients/${clientId}/credentials/${first}`
        : subjectOf`clients/${clientId}/credentials`
    await administer(caller, { action: 'credential.add', subject }, async (stores) => {
      const record = await resolveClient(stores, clientId)
      checkNoEscalation(caller, record.grants)
      for (const material of materials) checkFits(record.client, material)
      checkRoom(record, made)
      for (const credential of made) await stores.credentials.create(credential)
      return { after: made.length === 1 ? shown[0] : { credentials: shown }, result: undefined }
    })
    return { client_id: clientId, credentials: shown }
  }

  addAdminRoute<Owner & { Querystring: PageQuery }>(app, {
    method: 'GET',
    url: '/clients/:client_id/credentials',
    scope: 'admin:credentials:read',
    operationId: 'listCredentials',
    summary: 'List the credentials of a client, revoked ones included, oldest first',
    schema: { params: clientParams, querystring: pageQuery },
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
    summary: 'Add a secret, which is shown once, or keys, a certificate or federated credentials, beside what there is',
    schema: { params: clientParams, body: credentialRequest },
    success: {
      status: 201,
      description: 'The credential with its secret; or the credentials that were made of the keys and other members',
      body: { anyOf: [newSecretDocument, newCredentialsDocument] },
    },
    async handler({ params, body, caller }) {
      const given = credentialMembersOf(body)
      checkKind(body.kind, Object.keys(given).length > 0)
      checkUriAlone(given)
      return Object.keys(given).length === 0
        ? addSecret(params.client_id, body, caller)
        : addOthers(params.client_id, body, caller)
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

/** @throws {Problem} `invalid_request` */
const checkKind = (kind: NewCredential['kind'], hasMaterial: boolean): void => {
  if (kind === undefined || (kind === 'secret') !== hasMaterial) return
  throw new Problem(
    'invalid_request',
    kind === 'secret'
      ? 'a secret is made here: give no jwks, jwks_uri, certificate or federated_credentials with it'
      : `kind is ${kind}, and nothing says which: give jwks, jwks_uri, certificate, a tls_client_auth_ member or federated_credentials`,
  )
}

/** @throws {Problem} `invalid_request` */
const checkKinds = (kind: NewCredential['kind'], materials: readonly Material[]): void => {
  const other = materials.find((material) => kind !== undefined && material.kind !== kind)
  if (other !== undefined)
    throw new Problem('invalid_request', `kind is ${kind}, and this is not: ${describeMaterial(other)}`)
}
