import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkUrlWithinReach, createGuardedLookup, isWithinReach, type NetworkReach } from './network_guard.ts'

const privateAddresses = [
  '10.0.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '192.0.0.192',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '0.0.0.0',
  '::',
  '::ffff:10.0.0.1',
  '::ffff:a9fe:a9fe',
  '::10.0.0.1',
  '::ffff:0:10.0.0.1',
  '::ffff:0:a00:1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '64:ff9b::7f00:1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2001:0:4136:e378::1',
]
const loopbackAddresses = ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1']
const publicAddresses = ['1.1.1.1', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:1.1.1.1']

describe('isWithinReach', () => {
  it('K4: private, link-local and special addresses are out of reach, in whatever notation', () => {
    for (const address of privateAddresses) {
      assert.equal(isWithinReach(address, 'public'), false, address)
      assert.equal(isWithinReach(address, 'loopback'), false, address)
      assert.equal(isWithinReach(address, 'any'), true, address)
    }
  })

  it('K4: loopback is within reach only where that is allowed', () => {
    for (const address of loopbackAddresses) {
      assert.equal(isWithinReach(address, 'public'), false, address)
      assert.equal(isWithinReach(address, 'loopback'), true, address)
    }
  })

  it('public addresses are within reach; what is no address never is', () => {
    for (const address of publicAddresses) assert.equal(isWithinReach(address, 'public'), true, address)
    for (const text of ['', 'localhost', '1.2.3', '1.1.1.1 ', '01.1.1.1', '::g'])
      assert.equal(isWithinReach(text, 'any'), false)
  })
})

describe('checkUrlWithinReach', () => {
  const refused = (url: string, reach: NetworkReach) =>
    assert.throws(() => checkUrlWithinReach(new URL(url), reach), Error, `${url} ${reach}`)

  it('checklist 42: https, and http on loopback only', () => {
    checkUrlWithinReach(new URL('https://auth.example.com/keys'), 'public')
    checkUrlWithinReach(new URL('http://127.0.0.1:8400/keys'), 'loopback')
    checkUrlWithinReach(new URL('http://[::1]:8400/keys'), 'loopback')
    for (const url of [
      'http://auth.example.com/',
      'http://10.0.0.1/',
      'ftp://127.0.0.1/',
      'file:///etc/passwd',
      'data:,x',
    ]) {
      refused(url, 'any')
    }
    refused('https://user:secret@auth.example.com/', 'any')
  })

  it('K4: a host that is an address is checked, however it is written', () => {
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::1]', '[::ffff:127.0.0.1]']) {
      refused(`https://${host}/`, 'public')
      checkUrlWithinReach(new URL(`https://${host}/`), 'loopback')
    }
    for (const host of ['169.254.169.254', '[fe80::1]', '10.1.2.3', '[::ffff:169.254.169.254]', '0.0.0.0']) {
      refused(`https://${host}/`, 'loopback')
      checkUrlWithinReach(new URL(`https://${host}/`), 'any')
    }
  })
})

describe('createGuardedLookup', () => {
  const lookup = (addresses: readonly string[], reach: NetworkReach) => {
    const guarded = createGuardedLookup(reach, (_, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    )
    return new Promise((resolve) =>
      guarded('keys.example.com', { all: true }, (error, found) => resolve(error === null ? found : error.message)),
    )
  }

  it('K4: a name that leads to a private address is refused, also when only one of several does', async () => {
    assert.match(String(await lookup(['127.0.0.1'], 'public')), /keys\.example\.com \(127\.0\.0\.1\) is a private/)
    assert.match(String(await lookup(['1.1.1.1', '169.254.169.254'], 'loopback')), /169\.254\.169\.254/)
    assert.match(String(await lookup(['::ffff:127.0.0.1'], 'public')), /private/)
    assert.match(String(await lookup([], 'any')), /no address/)
  })

  it('K4: what is given to connect to is what was checked', async () => {
    assert.deepEqual(await lookup(['1.1.1.1', '2606:4700::1111'], 'public'), [
      { address: '1.1.1.1', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ])
  })

  it('one address is given where one is asked for', () => {
    const guarded = createGuardedLookup('public', (_, callback) => callback(null, [{ address: '1.1.1.1', family: 4 }]))
    guarded('keys.example.com', {}, (error, address, family) => {
      assert.deepEqual([error, address, family], [null, '1.1.1.1', 4])
    })
  })
})
