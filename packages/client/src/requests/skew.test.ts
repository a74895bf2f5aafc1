import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSkew, serverTime } from './skew.ts'

const now = 1_800_000_000
const headers = (secondsOff: number, more: Readonly<Record<string, string>> = {}) =>
  new Headers({ date: new Date((now + secondsOff) * 1000).toUTCString(), ...more })

const learn = (given: Headers, answeredAt = now) => {
  const skew = createSkew()
  skew.learn(given, now, answeredAt)
  return skew.seconds()
}

describe('RFC 9110 §6.6.1: Date tells the skew of this machine', () => {
  it('ahead and behind, to the second', () => {
    assert.equal(learn(headers(600)), 599)
    assert.equal(learn(headers(-600)), -599)
  })

  it('a Date between sending and receiving is no skew, however long that took', () => {
    for (const seconds of [0, 1, 15, 30]) assert.equal(learn(headers(seconds), now + 30), 0)
    assert.equal(learn(headers(-1)), 0)
  })

  it('an answer without a Date, or with one that is none, changes nothing', () => {
    const skew = createSkew()
    skew.learn(headers(600), now, now)
    for (const given of [new Headers(), new Headers({ date: 'yesterday' })]) skew.learn(given, now, now)
    assert.equal(skew.seconds(), 599)
    skew.learn(headers(0), now, now)
    assert.equal(skew.seconds(), 0)
  })

  it('RFC 9111 §5.1: the Age of a cached answer is added', () => {
    assert.equal(serverTime(headers(-600, { age: '600' })), now)
    assert.equal(serverTime(headers(0, { age: 'x' })), now)
  })
})
