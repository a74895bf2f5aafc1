/** Management of revocations: deny one token, or all of a client, a credential or an API that were issued before a time. */
import { JwtError } from '@credence/jwt'
import type { NewRevocation, Stores } from '@credence/storage'
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import { tokenTtlLimits } from '../policy/lifetime.ts'
import { cutoffOf, revocationOfToken } from '../revocation/new_revocation.ts'
import { revocationLimits } from '../revocation/revocation_limits.ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { subjectOf } from './administer.ts'
import { type PageQuery, pageLimits } from './page_cursor.ts'
import { Problem } from './problem.ts'
import {
  newRevocationDocument,
  revocationDocument,
  revocationRequest,
  toRevocationEntry,
} from './revocation_documents.ts'
import { pageOf, pageQuery } from './schemas.ts'
import { countTokensAlive, type TokensAlive } from './tokens_alive.ts'

type Asked = FromSchema<typeof revocationRequest>

export const addRevocationRoutes = (app: FastifyInstance, deps: AdminDeps): void => {
  const { storage, administer, cursors, clock } = deps

  addAdminRoute<{ Querystring: PageQuery }>(app, {
    method: 'GET',
    url: '/revocations',
    scope: 'admin:revocations:read',
    operationId: 'listRevocations',
    summary: 'List what denies tokens that may be alive, oldest first',
    schema: { querystring: pageQuery },
    success: { status: 200, description: 'A page of revocations', body: pageOf(revocationDocument) },
    async handler({ query }) {
      const { after, limit } = cursors.request('revocations', query)
      const found = await storage.revocations.since(Number(after ?? 0), limit)
      return cursors.page('revocations', found.map(toRevocationEntry), {
        limit: query.limit ?? pageLimits.default,
        keyOf: (revocation) => revocation.id,
      })
    },
  })

  addAdminRoute<{ Body: Asked }>(app, {
    method: 'POST',
    url: '/revocations',
    scope: 'admin:revocations:write',
    operationId: 'createRevocation',
    summary:
      'Deny one token (token, or jti and exp), or all tokens, or those of a client, a credential or an API, that were issued before a time',
    schema: { body: revocationRequest },
    success: { status: 201, description: 'What is denied from now on', body: newRevocationDocument },
    async handler({ body, caller }) {
      const now = clock.epochSeconds()
      const revocation = isOfToken(body) ? await ofToken(body, now, deps) : ofMany(body, now, deps)
      const subject = subjectOf`tokens/${describe(body, revocation)}`
      const shown = await administer(caller, { action: 'token.revoke', subject }, async (stores) => {
        if (revocation.kind === 'cutoff') await checkKnown(revocation, stores)
        const result = toRevocationEntry(await stores.revocations.append(revocation))
        return { after: result, result }
      })
      await deps.flushUsage()
      const { atMost, expireBy } = await aliveOf(revocation, storage, now)
      return { ...shown, tokens_alive_at_most: atMost, tokens_expire_by: expireBy }
    },
  })
}

const isOfToken = ({ token, jti, exp }: Asked): boolean => token !== undefined || jti !== undefined || exp !== undefined

const ofToken = async (asked: Asked, now: number, deps: AdminDeps): Promise<NewRevocation> => {
  const { token, jti, exp, ...others } = asked
  if (Object.keys(others).length > 0 || (token !== undefined && (jti !== undefined || exp !== undefined))) {
    throw new Problem('invalid_request', 'give a token, or jti and exp, or what the tokens to deny have in common')
  }
  if (deps.liveRevocations.size >= revocationLimits.all) {
    throw new Problem(
      'too_many',
      `${revocationLimits.all} revocations are in force: cut off a client or an API instead`,
    )
  }
  if (token !== undefined) return revocationOfToken(await readToken(token, deps), now)
  if (jti === undefined || exp === undefined) throw new Problem('invalid_request', 'jti and exp belong together')
  if (exp > now + tokenTtlLimits.most) {
    throw new Problem('invalid_request', `exp is later than any token of this server lives: ${tokenTtlLimits.most} s`)
  }
  return revocationOfToken({ issuer: deps.server.issuer, jti, expiresAt: exp }, now)
}

const readToken = async (token: string, { readIssuedToken }: AdminDeps) => {
  try {
    const { iss: issuer, jti, exp: expiresAt, client_id: clientId, aud } = await readIssuedToken(token)
    return { issuer, jti, expiresAt, clientId, ...(typeof aud === 'string' && { audience: aud }) }
  } catch (error) {
    if (error instanceof JwtError)
      throw new Problem('invalid_request', `no living token of this server: ${error.message}`)
    throw error
  }
}

const ofMany = (asked: Asked, now: number, { server }: AdminDeps): NewRevocation => {
  const { credential_id: credentialId, client_id: clientId, audience, all, issued_before: issuedBefore } = asked
  const isNamed = credentialId !== undefined || clientId !== undefined || audience !== undefined
  if (isNamed === (all ?? false)) {
    throw new Problem('invalid_request', 'whose tokens? give client_id, credential_id or audience, or all: true')
  }
  if (issuedBefore !== undefined && issuedBefore > now + 1) {
    throw new Problem('invalid_request', 'issued_before is in the future')
  }
  return cutoffOf({ issuer: server.issuer, clientId, credentialId, audience, issuedBefore }, now)
}

/** A slip of the pen must not look like a revocation. */
const checkKnown = async (
  { clientId, credentialId, audience }: Extract<NewRevocation, { kind: 'cutoff' }>,
  stores: Stores,
): Promise<void> => {
  if (clientId !== undefined && (await stores.clients.find(clientId)) === undefined) {
    throw new Problem('not_found', `no client ${clientId}; deleting one has cut off its tokens`)
  }
  if (audience !== undefined && (await stores.apis.find(audience)) === undefined) {
    throw new Problem('not_found', `no API with the audience ${audience}`)
  }
  if (credentialId === undefined) return
  const credential = await stores.credentials.find(credentialId)
  if (credential === undefined || (clientId ?? credential.clientId) !== credential.clientId) {
    throw new Problem('not_found', `no credential ${credentialId}`)
  }
}

const aliveOf = async (revocation: NewRevocation, stores: Stores, now: number): Promise<TokensAlive> =>
  revocation.kind === 'token'
    ? { atMost: revocation.expiresAt > now ? 1 : 0, expireBy: revocation.expiresAt }
    : countTokensAlive(stores, revocation, now)

const describe = (asked: Asked, revocation: NewRevocation): string =>
  revocation.kind === 'token' ? revocation.jti : (asked.credential_id ?? asked.client_id ?? asked.audience ?? 'all')
