/** Management of the signing keys: see them, replace one ahead of its day, take one that has leaked out of the set. RFC 7517. */
import type { FastifyInstance } from 'fastify'
import type { FromSchema } from 'json-schema-to-ts'
import { carryOutRotation, KeyChangeRefused, planRotation, tokensLiveFor } from '../key_material/change_signing_keys.ts'
import { toKeyDocument } from '../key_material/key_events.ts'
import { verifiersAcceptForSeconds } from '../key_material/key_times.ts'
import { generateSigningKey } from '../key_material/signing_key.ts'
import type { AdminDeps } from './admin_deps.ts'
import { addAdminRoute } from './admin_route.ts'
import { subjectOf } from './administer.ts'
import { Problem } from './problem.ts'
import { epochSeconds, pageOf, signingAlgorithm } from './schemas.ts'

const kid = { type: 'string', pattern: '^[A-Za-z0-9_-]{1,128}$' } as const

const keyDocument = {
  type: 'object',
  required: ['kid', 'alg', 'status', 'created_at'],
  properties: {
    kid,
    alg: signingAlgorithm,
    status: {
      type: 'string',
      enum: ['published', 'active', 'retired'],
      description:
        'published: in the key set, signs nothing yet. active: signs. retired: verifies the tokens that it has signed.',
    },
    created_at: epochSeconds,
    activates_at: { ...epochSeconds, description: 'From when on a published key may sign.' },
    activated_at: epochSeconds,
    retired_at: epochSeconds,
    removed_at: { ...epochSeconds, description: 'When a retired key leaves the key set.' },
  },
} as const

const rotation = {
  type: 'object',
  additionalProperties: false,
  properties: {
    alg: { ...signingAlgorithm, default: 'ES256' },
    now: {
      type: 'boolean',
      default: false,
      description:
        'Sign with the next key at once. Verifiers whose key set is older refuse its tokens until they read it anew.',
    },
  },
} as const

const seconds = (description: string) => ({ type: 'integer', description }) as const

const rotationResult = {
  type: 'object',
  required: ['key', 'verifiers_may_refuse_for_seconds'],
  properties: {
    key: keyDocument,
    replaces: { ...kid, description: 'The key that signs until then.' },
    verifiers_may_refuse_for_seconds: seconds('How long a verifier may still not know the key when it begins to sign.'),
  },
} as const

const revocationResult = {
  type: 'object',
  required: ['revoked', 'verifiers_may_accept_for_seconds', 'tokens_live_for_seconds'],
  properties: {
    revoked: keyDocument,
    active: { ...keyDocument, description: 'The key that signs in its place, when it was the active one.' },
    verifiers_may_accept_for_seconds: seconds('How long a verifier may go on accepting it: its copy of the key set.'),
    tokens_live_for_seconds: seconds('How long tokens that were issued under it would have lived at most.'),
  },
} as const

const params = { type: 'object', required: ['kid'], properties: { kid } } as const

export const addSigningKeyRoutes = (app: FastifyInstance, deps: AdminDeps): void => {
  const { storage, administer, sealer, clock } = deps

  addAdminRoute(app, {
    method: 'GET',
    url: '/signing-keys',
    scope: 'admin:signing-keys:read',
    operationId: 'listSigningKeys',
    summary: 'List the keys in the key set, oldest first; never more than a page',
    schema: {},
    success: { status: 200, description: 'All signing keys', body: pageOf(keyDocument) },
    handler: async () => ({ items: (await storage.signingKeys.list()).map(toKeyDocument) }),
  })

  addAdminRoute<{ Body: FromSchema<typeof rotation> }>(app, {
    method: 'POST',
    url: '/signing-keys/rotate',
    scope: 'admin:signing-keys:write',
    operationId: 'rotateSigningKey',
    summary: 'Publish the next key of an algorithm now; it signs when every verifier has had time to read it',
    schema: { body: rotation },
    success: { status: 200, description: 'The key that signs next', body: rotationResult },
    async handler({ body, caller }) {
      const now = clock.epochSeconds()
      const early = body.now ?? false
      const plan = await asProblem(() => planRotation(storage, { algorithm: body.alg ?? 'ES256', sealer, now }))
      const answer = {
        ...(plan.active !== undefined && { replaces: plan.active.kid }),
        verifiers_may_refuse_for_seconds: early && plan.active !== undefined ? verifiersAcceptForSeconds : 0,
      }
      if (plan.underWay && !early) return { key: toKeyDocument(plan.next), ...answer }
      const rotate = { action: 'signing_key.rotate', subject: subjectOf`signing-keys/${plan.next.kid}` }
      const key = await asProblem(() =>
        administer(caller, rotate, async (stores) => {
          const next = toKeyDocument(await carryOutRotation(stores, plan, { early, now }))
          return { before: plan.active && toKeyDocument(plan.active), after: next, result: next }
        }),
      )
      return { key, ...answer }
    },
  })

  addAdminRoute<{ Params: FromSchema<typeof params> }>(app, {
    method: 'POST',
    url: '/signing-keys/:kid/revoke',
    scope: 'admin:signing-keys:write',
    operationId: 'revokeSigningKey',
    summary: 'Take a key that has leaked out of the key set at once; its tokens verify no more',
    schema: { params },
    success: {
      status: 200,
      description: 'What was revoked, and how long it may still be felt',
      body: revocationResult,
    },
    async handler({ params: { kid }, caller }) {
      const now = clock.epochSeconds()
      const known = (await storage.signingKeys.list()).find((key) => key.kid === kid)
      if (known === undefined) throw new Problem('not_found', `no signing key ${kid}`)
      // made before the transaction, which must be quick
      const replacement = await generateSigningKey(known.algorithm, sealer, now)
      const revoke = { action: 'signing_key.revoke', subject: subjectOf`signing-keys/${kid}` }
      const { revoked, activated } = await administer(caller, revoke, async ({ signingKeys }) => {
        const result = await signingKeys.revoke(kid, replacement)
        return {
          before: toKeyDocument(result.revoked),
          after: result.activated && toKeyDocument(result.activated),
          result,
        }
      })
      return {
        revoked: toKeyDocument(revoked),
        ...(activated !== undefined && { active: toKeyDocument(activated) }),
        verifiers_may_accept_for_seconds: verifiersAcceptForSeconds,
        tokens_live_for_seconds: tokensLiveFor(revoked, now),
      }
    },
  })
}

const problemCodes = { too_many: 'too_many', changed_meanwhile: 'revision_conflict' } as const

const asProblem = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw error instanceof KeyChangeRefused
      ? new Problem(problemCodes[error.code], error.message, { cause: error })
      : error
  }
}
