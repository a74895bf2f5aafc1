import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ClaimCondition } from '@credence/storage'
import fc from 'fast-check'
import { readClaim, whyNotMet } from './claim_conditions.ts'

const exactly = (claim: string, ...values: string[]): ClaimCondition => ({ claim, match: 'exact', values })
const beginning = (claim: string, ...values: string[]): ClaimCondition => ({ claim, match: 'prefix', values })
const isMet = (claims: object, condition: ClaimCondition) => whyNotMet({ ...claims }, condition) === undefined

describe('conditions on claims', () => {
  it('exact: one of the values, letter for letter', () => {
    const condition = exactly('ref', 'refs/heads/main', 'refs/heads/next')
    assert.ok(isMet({ ref: 'refs/heads/main' }, condition))
    assert.ok(isMet({ ref: 'refs/heads/next' }, condition))
    for (const ref of ['refs/heads/Main', 'refs/heads/main ', 'refs/heads', '', null, undefined, {}, ['other']]) {
      assert.ok(!isMet({ ref }, condition), String(ref))
    }
  })

  it('numbers and booleans count as JSON writes them, other things never', () => {
    assert.ok(isMet({ id: 12 }, exactly('id', '12')))
    assert.ok(isMet({ email_verified: true }, exactly('email_verified', 'true')))
    assert.ok(!isMet({ id: 12.5 }, exactly('id', '12.5')))
    assert.ok(!isMet({ id: 2 ** 60 }, exactly('id', String(2 ** 60))))
    assert.ok(!isMet({ id: null }, exactly('id', 'null')))
    assert.ok(!isMet({ id: {} }, exactly('id', '[object Object]')))
  })

  it('an array meets a condition when one of its elements does, and an array in it never', () => {
    const condition = exactly('groups', 'ops')
    assert.ok(isMet({ groups: ['dev', 'ops'] }, condition))
    assert.ok(!isMet({ groups: ['dev', ['ops']] }, condition))
    assert.ok(!isMet({ groups: [] }, condition))
    assert.ok(!isMet({ groups: 'dev,ops' }, condition))
  })

  it('prefix: what goes on after it, strings alone', () => {
    const condition = beginning('sub', 'repo:acme/app:')
    assert.ok(isMet({ sub: 'repo:acme/app:ref:refs/heads/main' }, condition))
    for (const sub of ['repo:acme/app:', 'repo:acme/app-evil:ref:x', 'Repo:acme/app:x', 'x repo:acme/app:x', 7]) {
      assert.ok(!isMet({ sub }, condition), String(sub))
    }
  })

  it('a path goes down through members whose names may have dots', () => {
    const claims = { 'kubernetes.io': { namespace: 'batch', pod: { name: 'p' } }, flat: 'x', 'with.dot': 'y' }
    assert.equal(readClaim(claims, 'kubernetes.io.namespace'), 'batch')
    assert.equal(readClaim(claims, 'kubernetes.io.pod.name'), 'p')
    assert.equal(readClaim(claims, 'flat'), 'x')
    assert.equal(readClaim(claims, 'with.dot'), 'y')
    for (const path of [
      'kubernetes.namespace',
      'kubernetes.io',
      '.flat',
      'flat.',
      'flat.length',
      '__proto__.x',
      'toString',
    ]) {
      assert.notEqual(typeof readClaim(claims, path), 'string', path)
      assert.notEqual(typeof readClaim(claims, path), 'function', path)
    }
  })

  it('a path that leads to two places leads nowhere', () => {
    const claims = { 'kubernetes.io': { namespace: 'batch' }, 'kubernetes.io.namespace': 'other' }
    assert.equal(readClaim(claims, 'kubernetes.io.namespace'), undefined)
    assert.ok(!isMet(claims, exactly('kubernetes.io.namespace', 'batch')))
  })

  it('says what came instead, short and clean', () => {
    const reason = whyNotMet({ sub: `evil\n"\\${'x'.repeat(500)}` }, exactly('sub', 'good'))
    assert.match(reason ?? '', /^sub is 'evil\?\?\?x+\.\.\.'$/)
    assert.ok((reason ?? '').length < 90)
    assert.equal(whyNotMet({}, exactly('ref', 'a')), 'ref is missing')
    assert.equal(
      whyNotMet({ groups: ['a', 'b', 'c'] }, exactly('groups', 'd')),
      "groups has none of the values, but 'a', 'b'",
    )
  })
})

const texts = fc.string({ unit: fc.constantFrom('a', 'b', ':', '/', '-', '.', '*', ' '), minLength: 1, maxLength: 8 })
const scalars = fc.oneof(texts, fc.integer(), fc.boolean(), fc.constant(null))
const claimValues = fc.oneof(
  scalars,
  fc.array(scalars, { maxLength: 4 }),
  fc.dictionary(texts, scalars, { maxKeys: 3 }),
)

describe('property: conditions never accept a token whose claims differ from what they say', () => {
  it('exact', () => {
    fc.assert(
      fc.property(claimValues, fc.array(texts, { minLength: 1, maxLength: 3 }), (value, values) => {
        const written = (Array.isArray(value) ? value : [value]).filter(
          (one) => one !== null && typeof one !== 'object',
        )
        const expected = written.some((one) => values.includes(String(one)))
        assert.equal(isMet({ claim: value }, exactly('claim', ...values)), expected)
      }),
      { numRuns: 500 },
    )
  })

  it('prefix', () => {
    fc.assert(
      fc.property(claimValues, fc.array(texts, { minLength: 1, maxLength: 3 }), (value, prefixes) => {
        const written = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string')
        const expected = written.some((one) => prefixes.some((p) => one.slice(0, p.length) === p && one !== p))
        assert.equal(isMet({ claim: value }, beginning('claim', ...prefixes)), expected)
      }),
      { numRuns: 500 },
    )
  })

  it('a path never leads anywhere but down own members', () => {
    const names = fc.constantFrom('a', 'b', 'a.b', 'b.a', 'a.b.a')
    const trees = fc.letrec<{ tree: object; node: unknown }>((tie) => ({
      node: fc.oneof({ depthSize: 'small' }, fc.constantFrom('x', 'y'), tie('tree')),
      tree: fc.dictionary(names, tie('node'), { maxKeys: 3 }),
    })).tree
    const flatten = (value: unknown, path: string): readonly (readonly [string, unknown])[] =>
      typeof value === 'object' && value !== null
        ? [
            [path, value],
            ...Object.entries(value).flatMap(([name, inner]) => flatten(inner, path === '' ? name : `${path}.${name}`)),
          ]
        : [[path, value]]
    fc.assert(
      fc.property(trees, fc.constantFrom('a', 'a.b', 'a.b.a', 'b.a.b', 'a.a'), (tree, path) => {
        const at = flatten(tree, '').filter(([where]) => where === path)
        assert.equal(readClaim({ ...tree }, path), at.length === 1 ? at[0]?.[1] : undefined)
      }),
      { numRuns: 500 },
    )
  })
})
