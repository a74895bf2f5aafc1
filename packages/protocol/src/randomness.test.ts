import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createId, type Randomness, randomBase62, systemRandomness } from './randomness.ts'

const repeating = (...values: number[]): Randomness => {
  let next = 0
  return { bytes: (length) => Uint8Array.from({ length }, () => values[next++ % values.length] ?? 0) }
}

describe('randomBase62', () => {
  it('gives as many letters and digits as asked for', () => {
    for (const length of [0, 1, 43, 200])
      assert.match(randomBase62(length, systemRandomness), new RegExp(`^[0-9A-Za-z]{${length}}$`))
  })

  it('throws bytes above 247 away, so that no letter is likelier than another', () => {
    assert.equal(randomBase62(4, repeating(248, 0, 255, 61, 250, 62, 247)), '0z0z')
  })

  it('every letter comes equally often from every byte there is', () => {
    const counts = new Map<string, number>()
    for (let byte = 0; byte < 248; byte++) {
      const letter = randomBase62(1, repeating(byte))
      counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    assert.equal(counts.size, 62)
    assert.deepEqual(new Set(counts.values()), new Set([4]))
  })
})

describe('createId', () => {
  it('has its prefix, sorts by time and differs at the same time', () => {
    const at = (ms: number) => createId('cred', ms, systemRandomness)
    assert.match(at(1_800_000_000_000), /^cred_[0-9a-v]{26}$/)
    assert.ok(at(999) < at(1000))
    assert.ok(at(1_799_999_999_999) < at(1_800_000_000_000))
    assert.notEqual(at(5), at(5))
  })

  it('sorts in the order in which they were made, at the same time too', () => {
    const made = Array.from({ length: 500 }, () => createId('cred', 1_800_000_000_000, systemRandomness))
    assert.deepEqual(made, made.toSorted())
  })
})
