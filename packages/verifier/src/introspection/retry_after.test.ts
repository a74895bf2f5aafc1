import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { inspect } from 'node:util'
import {
  createAskingServer,
  type IntrospectingIssuer,
  startIntrospectingIssuer,
} from '../testing/introspecting_issuer.ts'
import { now } from '../testing/test_issuer.ts'

let from: IntrospectingIssuer

beforeEach(async () => {
  from = await startIntrospectingIssuer()
})
afterEach(() => from.close())

const json = { 'content-type': 'application/json' }
const at = (seconds: number) => new Date((now + seconds) * 1000)
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** What our refusal says when the issuer answers so; the issuer's clock agrees with ours unless a header says otherwise. */
const retryAfter = async (status: number, headers: Record<string, string>): Promise<string | undefined> => {
  Object.assign(from.state, { status, headers: { ...json, date: at(0).toUTCString(), ...headers } })
  const refusal = await createAskingServer(from).verify('opaque')
  assert.ok(!refusal.ok)
  assert.deepEqual([refusal.status, refusal.code], [503, 'introspection_unavailable'])
  return refusal.headers['retry-after']
}

describe('introspection: an issuer that asks for time', () => {
  it('RFC 6585 §4, RFC 9110 §10.2.3: Retry-After of a 429 or 503 is passed on, 1 to 60 seconds', async () => {
    for (const status of [429, 503]) {
      assert.equal(await retryAfter(status, { 'retry-after': '17' }), '17')
      assert.equal(await retryAfter(status, { 'retry-after': '0' }), '1')
      assert.equal(await retryAfter(status, { 'retry-after': '60' }), '60')
      for (const long of ['61', '86400', '9'.repeat(400)]) {
        assert.equal(await retryAfter(status, { 'retry-after': long }), '60')
      }
    }
  })

  it('RFC 9110 §5.6.7: a date is read in each of the three forms, by the issuer’s own clock', async () => {
    const then = at(42)
    const [, day = '', month = '', year = '', time = ''] = then.toUTCString().split(' ')
    const forms = [
      then.toUTCString(),
      `${days[then.getUTCDay()]}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
      `${days[then.getUTCDay()]?.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`,
    ]
    const zone = process.env.TZ
    // the third form names no zone and is UTC all the same
    process.env.TZ = 'Asia/Tokyo'
    try {
      for (const form of forms) assert.equal(await retryAfter(503, { 'retry-after': form }), '42', form)
    } finally {
      process.env.TZ = zone ?? ''
    }
    assert.equal(await retryAfter(429, { 'retry-after': at(-42).toUTCString() }), '1')
    assert.equal(await retryAfter(429, { 'retry-after': at(3600).toUTCString() }), '60')
    const ahead = { date: at(1000).toUTCString(), 'retry-after': at(1009).toUTCString() }
    assert.equal(await retryAfter(503, ahead), '9')
    assert.equal(await retryAfter(503, { 'retry-after': at(8).toUTCString(), date: 'today' }), '8')
  })

  it('what is neither seconds nor a date, or comes with another status, changes nothing', async () => {
    for (const value of ['soon', '-1', '1.5', '1e1', '0x10', '17, 18', '', '2027-01-01', at(17).toISOString()]) {
      assert.equal(await retryAfter(503, { 'retry-after': value }), '5', value)
    }
    for (const status of [307, 400, 401, 500, 502]) {
      assert.equal(await retryAfter(status, { 'retry-after': '17' }), '5', String(status))
    }
    assert.equal(await retryAfter(200, { 'retry-after': '17', 'content-type': 'text/html' }), '5')
    assert.equal(await retryAfter(503, {}), '5')
  })

  it('A9: over HTTP, nothing else of the issuer’s answer reaches the caller', async () => {
    from.state.answer = 'canary-body'
    from.state.status = 429
    from.state.headers = { ...json, 'retry-after': '17', 'x-canary': 'canary', 'set-cookie': 'canary=1', via: 'canary' }
    const { server } = createAskingServer(from)
    const api = createServer(async (request, response) => {
      const result = await server.verify({ method: 'GET', url: '/', headers: request.headers })
      assert.ok(!result.ok)
      assert.doesNotMatch(inspect(result, { depth: 10 }), /canary/)
      response.writeHead(result.status, result.headers).end(result.body)
    })
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/`
      const answer = await fetch(url, { headers: { authorization: 'Bearer opaque' } })
      assert.equal(answer.status, 503)
      assert.equal(answer.headers.get('retry-after'), '17')
      assert.equal(answer.headers.get('www-authenticate'), null)
      assert.doesNotMatch(inspect([...answer.headers]), /canary/)
      assert.deepEqual(Object.keys(JSON.parse(await answer.text())), ['error', 'error_description'])
    } finally {
      api.closeAllConnections()
      api.close()
    }
  })
})
