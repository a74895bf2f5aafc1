import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areaUnderCurve } from './separability.ts'

test('A10: the area is 1 or 0 when the kinds do not overlap, and 0.5 when they are the same', () => {
  assert.equal(areaUnderCurve([4, 5, 6], [1, 2, 3]), 1)
  assert.equal(areaUnderCurve([1, 2, 3], [4, 5, 6]), 0)
  assert.equal(areaUnderCurve([1, 2, 3], [1, 2, 3]), 0.5)
  assert.equal(areaUnderCurve([7, 7], [7, 7, 7]), 0.5)
  assert.equal(areaUnderCurve([1, 3], [2, 2]), 0.5)
  assert.equal(areaUnderCurve([2, 3], [1, 2]), 0.875)
})
