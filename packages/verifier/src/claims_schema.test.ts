import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type } from 'arktype'
import * as v from 'valibot'
import { z } from 'zod'
import { createResourceServer, type StandardSchema, type VerifiedClaims } from './index.ts'
import { createAskingServer, startIntrospectingIssuer } from './testing/introspecting_issuer.ts'
import { createTestServer, issuer, resource } from './testing/test_issuer.ts'

/** The same claims in each library: an API of a company with several tenants. */
const schemas = {
  zod: z.object({ tenant: z.string(), 'https://orders.example.com/limit': z.number().int().optional() }),
  valibot: v.object({
    tenant: v.string(),
    'https://orders.example.com/limit': v.optional(v.pipe(v.number(), v.integer())),
  }),
  arktype: type({ tenant: 'string', 'https://orders.example.com/limit?': 'number.integer' }),
}

const serverWith = <Output extends object>(claims: StandardSchema<Output>) => createTestServer({ claims })

for (const [name, schema] of Object.entries(schemas)) {
  describe(`claims by a schema of ${name}`, () => {
    it('fitting claims pass, and those that the schema does not name stay', async () => {
      const { from, verify } = await serverWith<object>(schema)
      const result = await verify(await from.sign({ tenant: 'acme', extra: 1 }))
      assert.ok(result.ok)
      assert.deepEqual(result.token.claims, { ...from.claims, tenant: 'acme', extra: 1 })
    })

    it('claims that do not fit → 401 invalid_claims; why is for the operator alone', async () => {
      const { from, verify } = await serverWith<object>(schema)
      for (const claims of [{}, { tenant: 5 }, { tenant: 'acme', 'https://orders.example.com/limit': 'all' }]) {
        const result = await verify(await from.sign(claims))
        assert.ok(!result.ok)
        assert.deepEqual([result.status, result.error, result.code], [401, 'invalid_token', 'invalid_claims'])
        assert.match(result.detail ?? '', 'tenant' in claims && claims.tenant === 'acme' ? /limit/ : /tenant/)
        for (const shown of [result.body, result.description, result.challenge, JSON.stringify(result.headers)]) {
          assert.doesNotMatch(shown ?? '', /tenant|limit/)
        }
      }
    })
  })
}

describe('claims by a schema', () => {
  it('may be checked asynchronously', async () => {
    const known = new Set(['acme'])
    const { from, verify } = await serverWith(
      z.object({ tenant: z.string().refine(async (tenant) => known.has(tenant), 'not a tenant') }),
    )
    assert.ok((await verify(await from.sign({ tenant: 'acme' }))).ok)
    const result = await verify(await from.sign({ tenant: 'other' }))
    assert.ok(!result.ok)
    assert.equal(result.detail, 'tenant: not a tenant')
  })

  it('may be transformed, a Date and bytes included, except for those that the protocol goes by', async () => {
    const { from, verify } = await serverWith(
      z.object({
        since: z.number().transform((seconds) => new Date(seconds * 1000)),
        key: z.string().transform((text) => Uint8Array.from(Buffer.from(text, 'hex'))),
        exp: z.number().transform(() => Number.POSITIVE_INFINITY),
        jti: z.string().transform(() => 'another'),
        credential_id: z.string().transform(() => 'another'),
      }),
    )
    const result = await verify(await from.sign({ since: 1_790_000_000, key: '00ff', credential_id: 'crd_1' }))
    assert.ok(result.ok)
    const { since, key, exp, jti, credential_id: credentialId } = result.token.claims
    // by which a cut-off denies it
    assert.equal(credentialId, 'crd_1')
    assert.deepEqual([since, key], [new Date('2026-09-21T14:13:20Z'), Uint8Array.of(0, 255)])
    assert.deepEqual([exp, jti], [from.claims.exp, from.claims.jti])
  })

  it('are checked of an opaque token as well', async (test) => {
    const from = await startIntrospectingIssuer()
    test.after(() => from.close())
    const claims = z.custom<VerifiedClaims>().refine(({ tenant }) => tenant === 'acme', 'not a tenant')
    const asking = createAskingServer(from, {}, { claims })
    const result = await asking.verify('opaque')
    assert.ok(!result.ok)
    assert.deepEqual([result.code, result.detail], ['invalid_claims', 'claims: not a tenant'])
    from.state.answer = { ...(from.state.answer as object), tenant: 'acme' }
    const accepted = await createAskingServer(from, {}, { claims }).verify('opaque')
    assert.ok(accepted.ok)
  })

  it('are those of the schema on a cache hit as well, without asking it again', async () => {
    let asked = 0
    const { from, verify } = await serverWith(
      z.object({
        tenant: z.string().transform((tenant) => {
          asked++
          return tenant.toUpperCase()
        }),
      }),
    )
    const token = await from.sign({ tenant: 'acme' })
    for (let times = 0; times < 3; times++) {
      const result = await verify(token)
      assert.ok(result.ok)
      assert.equal(result.token.claims.tenant, 'ACME')
      assert.ok(Object.isFrozen(result.token.claims))
    }
    assert.equal(asked, 1)
  })

  it('A12: issues are told at most ten at a time, without control characters', async () => {
    const issues = Array.from({ length: 1000 }, (_, index) => ({
      message: `bad\r\n${index}`,
      path: [{ key: 'a' }, index],
    }))
    const { from, verify } = await serverWith({
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) },
    })
    const result = await verify(await from.sign())
    assert.ok(!result.ok)
    assert.match(result.detail ?? '', /^a\.0: bad\?\?0; a\.1: bad\?\?1; /)
    assert.doesNotMatch(result.detail ?? '', /a\.10|[\r\n]/)
  })

  it('a defect of the schema is thrown, and does not look like a bad token', async () => {
    const broken = new Error('broken')
    const validate = () => {
      throw broken
    }
    const throwing = await serverWith({ '~standard': { version: 1, vendor: 'test', validate } })
    await assert.rejects(throwing.verify(await throwing.from.sign()), broken)
    const primitive = await serverWith<object>(z.any().transform((): object => JSON.parse('5')))
    await assert.rejects(primitive.verify(await primitive.from.sign()), TypeError)
  })

  it('what is no schema stops the start', () => {
    for (const claims of [{}, { '~standard': { version: 2, vendor: 'test', validate: () => ({ value: {} }) } }]) {
      const options = { resource, issuers: [{ issuer }], claims: claims as StandardSchema<object> }
      assert.throws(() => createResourceServer(options), TypeError)
    }
  })

  it('are typed: the output of the schema, and what every verified token has', () => {
    type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
    const options = { resource, issuers: [{ issuer }] }
    const zod = createResourceServer({ ...options, claims: schemas.zod })
    const valibot = createResourceServer({ ...options, claims: schemas.valibot })
    const arktype = createResourceServer({ ...options, claims: schemas.arktype })
    const plain = createResourceServer(options)
    type Claims<Server extends { verify: (...asked: never) => unknown }> =
      Extract<Awaited<ReturnType<Server['verify']>>, { ok: true }> extends { token: { claims: infer C } } ? C : never
    const same: [
      Equal<Claims<typeof zod>['tenant'], string>,
      Equal<Claims<typeof valibot>['tenant'], string>,
      Equal<Claims<typeof arktype>['tenant'], string>,
      Equal<Claims<typeof zod>['https://orders.example.com/limit'], number | undefined>,
      Equal<Claims<typeof zod>['iss'], string>,
      Equal<Claims<typeof plain>['tenant'], unknown>,
      Equal<Claims<typeof plain>, VerifiedClaims>,
    ] = [true, true, true, true, true, true, true]
    // the interface that is written out here takes what the specification's own package describes
    const fromSpecification = (
      schema: StandardSchemaV1<unknown, { tenant: string }>,
    ): StandardSchema<{ tenant: string }> => schema
    assert.ok(same.every(Boolean) && fromSpecification(schemas.zod) === schemas.zod)
  })
})
