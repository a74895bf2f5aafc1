import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkOf, plainAddress } from './network_address.ts'

const networks: Readonly<Record<string, string>> = {
  '192.0.2.1': '192.0.2.1',
  '::ffff:192.0.2.1': '192.0.2.1',
  '::FFFF:192.0.2.1': '192.0.2.1',
  '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
  '2001:DB8:1:2::9': '2001:db8:1:2::/64',
  '2001:0db8:0001:0002:0000::1': '2001:db8:1:2::/64',
  '2001:db8::1': '2001:db8:0:0::/64',
  '::1': '0:0:0:0::/64',
  'fe80::1%eth0': 'fe80:0:0:0::/64',
  '2001:db8:1:2:3:4:192.0.2.1': '2001:db8:1:2::/64',
  '': '',
}

for (const [address, network] of Object.entries(networks)) {
  test(`RFC 4291 §2.5: ${address === '' ? 'no address' : address} counts as ${network}`, () => {
    assert.equal(networkOf(address), network)
  })
}

test('RFC 4291 §2.5.5.2: an IPv4 address is shown without the IPv6 around it, any other without its zone', () => {
  assert.deepEqual(['::ffff:192.0.2.1', 'fe80::1%eth0', '2001:db8::1'].map(plainAddress), [
    '192.0.2.1',
    'fe80::1',
    '2001:db8::1',
  ])
})
