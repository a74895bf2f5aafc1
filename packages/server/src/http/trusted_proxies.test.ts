import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { createTrustedProxies, parseNetworks } from './trusted_proxies.ts'

const proxies = createTrustedProxies(parseNetworks('10.0.0.0/8, 192.0.2.7,2001:db8::/32'))

const from = (remoteAddress: string, forwarded?: string) =>
  proxies.remoteAddressOf({
    socket: { remoteAddress },
    headers: { 'x-forwarded-for': forwarded },
  } as unknown as IncomingMessage)

test('RFC 7239 §8: the rightmost address that is not a proxy of ours', () => {
  assert.equal(from('10.1.1.1', '203.0.113.9'), '203.0.113.9')
  assert.equal(from('::ffff:10.1.1.1', '198.51.100.1, 203.0.113.9'), '203.0.113.9')
  assert.equal(from('10.1.1.1', '198.51.100.1, 203.0.113.9, 192.0.2.7,10.2.2.2'), '203.0.113.9')
  assert.equal(from('2001:db8::1', '[2001:db9::5]:4711'), '2001:db9::5')
  assert.equal(from('10.1.1.1', '203.0.113.9:4711'), '203.0.113.9')
  assert.equal(from('10.1.1.1', '10.2.2.2'), '10.2.2.2')
})

test('what a stranger writes there is not believed', () => {
  assert.equal(from('203.0.113.9', '198.51.100.1'), '203.0.113.9')
  assert.equal(from('192.0.2.8', '198.51.100.1'), '192.0.2.8')
  assert.equal(from('10.1.1.1', '198.51.100.1, unknown'), '10.1.1.1')
  assert.equal(from('10.1.1.1', '198.51.100.1, "10.2.2.2", 10.3.3.3'), '10.3.3.3')
  assert.equal(from('10.1.1.1', ''), '10.1.1.1')
  assert.equal(from('10.1.1.1'), '10.1.1.1')
})

test('what is no network is refused', () => {
  for (const text of ['', '10.0.0.0/33', '10.0.0/8', 'localhost', '10.0.0.1,', '::/129']) {
    assert.throws(() => parseNetworks(text), /must be addresses or networks/, text)
  }
})
