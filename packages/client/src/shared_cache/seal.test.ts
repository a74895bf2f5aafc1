import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TokenError } from '../token_error.ts'
import { createSealer } from './seal.ts'

const key = (fill: number) => new Uint8Array(32).fill(fill)

describe('sealing', () => {
  const sealer = createSealer([key(1)])

  it('SP 800-38D: what is sealed opens, under its own name; never twice the same, and the text does not show', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 300, unit: 'binary' }),
        fc.string({ maxLength: 64 }),
        async (text, name) => {
          const sealed = await sealer.seal(name, text)
          assert.equal(await sealer.open(name, sealed), text)
          assert.notEqual(await sealer.seal(name, text), sealed)
          assert.equal(await sealer.open(`${name}x`, sealed), undefined)
        },
      ),
      { numRuns: 25 },
    )
    assert.ok(!Buffer.from((await sealer.seal('n', 'canary')).slice(3), 'base64').includes('canary'))
  })

  it('a changed bit anywhere, a piece and garbage do not open', async () => {
    const sealed = await sealer.seal('n', 'canary')
    const bytes = Buffer.from(sealed.slice(3), 'base64')
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(await sealer.open('n', `v1.${changed.toString('base64')}`), undefined, `byte ${at}`)
    }
    for (const garbage of [
      '',
      'v1.',
      'v1.!!',
      sealed.slice(0, -8),
      sealed.slice(3),
      `v2.${sealed.slice(3)}`,
      5,
      null,
      {},
      'v1.'.padEnd(2e5, 'A'),
    ])
      assert.equal(await sealer.open('n', garbage), undefined)
  })

  it('the ring: sealed by the first key, opened by any; a key that has left opens nothing', async () => {
    const before = await sealer.seal('n', 'text')
    const rotated = createSealer([key(2), key(1)])
    assert.equal(await rotated.open('n', before), 'text')
    const after = await rotated.seal('n', 'text')
    assert.equal(await createSealer([key(2)]).open('n', after), 'text')
    assert.equal(await sealer.open('n', after), undefined)
    assert.equal(await createSealer([key(2)]).open('n', before), undefined)
  })

  it('a key is 32 bytes, as they are or as base64 or base64url', async () => {
    const sealed = await createSealer([key(251)]).seal('n', 'text')
    const text = Buffer.from(key(251))
    for (const written of [text.toString('base64'), text.toString('base64url'), `${text.toString('base64')}\n`])
      assert.equal(await createSealer([written]).open('n', sealed), 'text')
    const wrong = [[], ['canary'], [''], [new Uint8Array(16)], [key(1), 'canary'], Array(9).fill(key(1))]
    for (const keys of wrong)
      assert.throws(
        () => createSealer(keys),
        (error) =>
          error instanceof TokenError && error.code === 'invalid_configuration' && !/canary/.test(error.message),
      )
  })
})
