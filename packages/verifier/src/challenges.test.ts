import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JwtError } from '@credence/jwt'
import { parseChallenges } from '@credence/protocol'
import { formatTokenChallenges } from './challenges.ts'
import type { Refusal } from './refusal.ts'
import { createDpopClient } from './testing/dpop_client.ts'
import { accepted, refused } from './testing/results.ts'
import { createTestServer, resource } from './testing/test_issuer.ts'

const { from, server, verify } = await createTestServer({ dpop: { algorithms: ['ES256', 'PS256'] }, metadata: {} })
const client = await createDpopClient()
const resourceMetadata = 'https://orders.example.com/.well-known/oauth-protected-resource'
const shared = { realm: resource, resource_metadata: resourceMetadata }
const algs = 'ES256 PS256'

const challengesOf = ({ challenge }: Refusal): readonly Record<string, string>[] =>
  parseChallenges(challenge ?? '').map(({ scheme, parameters }) => ({ scheme, ...parameters }))

describe('challenges', () => {
  it('checklist 36, RFC 9449 §7.2: no credentials → a challenge for each scheme, without an error', async () => {
    const refusal = refused(await server.verify({ headers: {} }), { status: 401, error: undefined })
    assert.deepEqual(challengesOf(refusal), [
      { scheme: 'Bearer', ...shared },
      { scheme: 'DPoP', ...shared, algs },
    ])
    assert.deepEqual(challengesOf(refused(await server.verify({ headers: { authorization: 'Basic YTpi' } }), {})), [
      { scheme: 'Bearer', ...shared },
      { scheme: 'DPoP', ...shared, algs },
    ])
  })

  it('checklist 36, RFC 9449 §7.2: the error stands in the challenge of the scheme that was used', async () => {
    const token = await from.sign({ exp: 1, cnf: { jkt: client.jkt } })
    const fault = { error: 'invalid_token', error_description: 'the token is expired' }
    assert.deepEqual(challengesOf(refused(await verify(token), { status: 401 })), [
      { scheme: 'Bearer', ...shared, ...fault },
      { scheme: 'DPoP', ...shared, algs },
    ])
    assert.deepEqual(challengesOf(refused(await server.verify(client.request(token)), { status: 401 })), [
      { scheme: 'Bearer', ...shared },
      { scheme: 'DPoP', ...shared, ...fault, algs },
    ])
  })

  it('checklist 36: too little scope → 403 with scope, where the error is and nowhere else', async () => {
    const token = await from.sign({ cnf: { jkt: client.jkt } })
    const result = await server.verify(client.request(token), { all: ['orders:write'] })
    const [bearer, dpop] = challengesOf(refused(result, { status: 403, error: 'insufficient_scope' }))
    assert.equal(dpop?.scope, 'orders:write')
    assert.equal(bearer && 'scope' in bearer, false)
  })

  it('RFC 6750 §3: malformed → 400 invalid_request in the first challenge when no scheme could be read', async () => {
    const [bearer] = challengesOf(refused(await server.verify({ headers: { authorization: '"' } }), { status: 400 }))
    assert.equal(bearer?.error, 'invalid_request')
  })

  it('RFC 9110 §11.6.1: what is quoted is read back as it was', () => {
    const realm = 'a "quoted" \\ realm, DPoP algs="none"'
    const options = {
      realm,
      schemes: ['Bearer'],
      dpopAlgorithms: [],
      resourceMetadata: undefined,
      dpopNonce: undefined,
    } as const
    const header = formatTokenChallenges(options, { error: 'invalid_token' }, 'DPoP')
    assert.deepEqual(
      parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, ...parameters })),
      [{ scheme: 'Bearer', realm, error: 'invalid_token' }],
    )
  })
})

describe('a custom requirement', () => {
  it('is asked after the scopes, with the token, and false is 403 without a scope', async () => {
    const token = await from.sign()
    const asked: string[] = []
    const custom = ({ clientId }: { clientId: string }) => asked.push(clientId) > 0
    accepted(await verify(token, { custom }))
    accepted(await verify(token, { custom: async () => true, all: ['orders:read'] }))
    refused(await verify(token, { custom, all: ['orders:write'] }), { status: 403, code: 'insufficient_scope' })
    assert.deepEqual(asked, ['reporter'])
    for (const no of [() => false, async () => false, () => undefined, () => 'yes', () => 1]) {
      const refusal = refused(await verify(token, { custom: no }), {
        status: 403,
        error: 'insufficient_scope',
        code: 'requirement_not_met',
      })
      assert.equal('scope' in (challengesOf(refusal)[0] ?? {}), false)
    }
  })

  it('what it throws is the API’s own defect, thrown on as it is, and never an answer to the caller', async () => {
    const token = await from.sign()
    const looksLikeARefusal = new JwtError('expired', 'some other token')
    for (const thrown of [new Error('no database'), new TypeError('x'), looksLikeARefusal, 'text', undefined]) {
      const custom = () => {
        throw thrown
      }
      await assert.rejects(verify(token, { custom }), (error) => error === thrown)
    }
    await assert.rejects(verify(token, { custom: 'yes' }), TypeError)
  })
})
