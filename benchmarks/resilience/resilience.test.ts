import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contenders, ours } from './contenders.ts'
import { asleep, clockSetBack, crowd, outage, refreshWindow, storm, wrongClock } from './scenarios.ts'

const enter = contenders[ours] ?? assert.fail('our own client is not among them')

describe('resilience of @credence/client, over real HTTP', () => {
  it('10,000 getToken calls at once → 1 request', async () => {
    assert.equal(await crowd(enter, 10_000), 1)
  })

  it('server down for a whole refresh window → no failed call while a token is valid', async () => {
    assert.equal(await refreshWindow(enter), 0)
  })

  it('429 storm: one request for each Retry-After, none before it has passed', async () => {
    assert.deepEqual(await storm(enter), { requests: 11, tooEarly: 0 })
  })

  it('the breaker opens after 5 requests, half-opens with one each time, closes with one', async () => {
    assert.deepEqual(await outage(enter), { during: 5 + 6, after: 1, state: 'open', stateAfter: 'closed' })
  })

  it('clock 10 minutes ahead or behind, with assertions → no failed call', async () => {
    assert.deepEqual([await wrongClock(enter, 600), await wrongClock(enter, -600)], [0, 0])
  })

  it('clock set back under a token → no expired token is handed out', async () => {
    assert.equal(await clockSetBack(enter), 0)
  })

  it('asleep past expiry → the first call renews', async () => {
    assert.equal(await asleep(enter), true)
  })

  it('the server of the scenarios does count what is too early, and does refuse a wrong clock', async () => {
    const careless = contenders['openid-client'] ?? assert.fail('openid-client is not among them')
    assert.deepEqual(await storm(careless), { requests: 300, tooEarly: 299 })
    assert.equal(await wrongClock(careless, 600), 10)
  })
})
