import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { TokenSlot } from './token_slot.ts'
import { createTokenSlots } from './token_slots.ts'
import { createTarget, overrideParameters, type TokenParameters } from './token_target.ts'

const create = (maxSlots = 100, defaults: TokenParameters = {}) => {
  const made: string[] = []
  const never = new Promise<never>(() => undefined)
  const slots = createTokenSlots({
    defaults,
    maxSlots,
    createSlot: ({ key }): TokenSlot => {
      made.push(key)
      return { get: () => never, refresh: () => never, invalidate: () => false, renewalDueAt: () => undefined }
    },
  })
  return { slots, made }
}

describe('token slots', () => {
  it('cache key: one slot for sorted scope, audience, resource and every extra parameter, however written', () => {
    const { slots, made } = create()
    const same: TokenParameters[][] = [
      [{}, { scope: '' }, { parameters: {} }],
      [{ scope: 'a b' }, { scope: 'b a' }, { scope: ['b', 'a', 'b'] }],
      [{ audience: 'x' }, { scope: [], audience: 'x' }],
      [{ resource: 'https://x' }, { resource: ['https://x'] }],
      [{ parameters: { one: '1', two: '2' } }, { parameters: { two: '2', one: '1' } }],
      [{ parameters: { one: '1' } }],
      [{ parameters: { one: '2' } }],
    ]
    for (const [index, ways] of same.entries()) {
      for (let round = 0; round < 2; round++)
        for (const given of ways) assert.equal(slots.find(given), slots.find(ways[0] ?? {}))
      assert.equal(made.length, index + 1)
    }
  })

  it('a list that the caller changes afterwards is read anew', () => {
    const { slots, made } = create()
    const scope = ['a']
    slots.find({ scope })
    scope[0] = 'b'
    slots.find({ scope })
    assert.equal(made.length, 2)
  })

  it('whatever is asked for, in whatever order, it is the slot of that target, and there are never too many', () => {
    const text = fc.constantFrom<TokenParameters['scope']>('a', 'b', 'a b', 'b a', ['a'], ['c'], ['d'], undefined)
    const url = fc.constantFrom('https://x', 'https://y', undefined)
    const given = fc.record({ scope: text, audience: fc.constantFrom('a', 'https://x', undefined), resource: url })
    fc.assert(
      fc.property(fc.array(given, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (calls, maxSlots) => {
        const defaults = { scope: 'a', audience: 'z' }
        const byKey = new Map<TokenSlot, string>()
        const made: string[] = []
        const never = new Promise<never>(() => undefined)
        const slots = createTokenSlots({
          defaults,
          maxSlots,
          createSlot: ({ key }) => {
            made.push(key)
            return {
              get: () => never,
              refresh: () => never,
              invalidate: () => false,
              renewalDueAt: () => undefined,
            }
          },
        })
        for (const call of calls) {
          const before = made.length
          const slot = slots.find(call)
          if (made.length > before) byKey.set(slot, made.at(-1) ?? '')
          assert.equal(byKey.get(slot), createTarget(overrideParameters(defaults, call)).key)
          const all = [...slots.all()]
          assert.ok(all.length <= maxSlots && all.includes(slot))
        }
      }),
    )
  })
})
