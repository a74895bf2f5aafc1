import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isIssuer, isLoopbackHost, isResourceIndicator, isSecureUrl, maxAudienceLength, wellKnownUrl } from './url.ts'

describe('isSecureUrl', () => {
  for (const url of [
    'https://as.example.com',
    'http://127.0.0.1:8400',
    'http://127.1',
    'http://[::1]/',
    'http://localhost',
    'http://as.localhost',
  ])
    it(`RFC 8252 §7.3: ${url} may carry credentials`, () => assert.ok(isSecureUrl(new URL(url))))

  for (const url of [
    'http://as.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://notlocalhost',
    'http://10.0.0.1',
    'http://[::ffff:127.0.0.1]',
    'http://0.0.0.0',
    'ftp://127.0.0.1',
    'ws://localhost',
  ])
    it(`${url} may not`, () => assert.ok(!isSecureUrl(new URL(url))))
})

describe('isLoopbackHost', () => {
  it('takes a bare IPv6 loopback too, as sockets name it', () => {
    assert.ok(isLoopbackHost('::1'))
    assert.ok(!isLoopbackHost('127.0.0.1.'))
    assert.ok(!isLoopbackHost('1127.0.0.1'))
  })
})

describe('isIssuer', () => {
  for (const issuer of [
    'https://as.example.com',
    'https://as.example.com/',
    'https://as.example.com/tenant/1',
    'http://127.0.0.1:8400',
  ])
    it(`RFC 8414 §2: ${issuer} can be one`, () => assert.ok(isIssuer(issuer)))

  for (const issuer of [
    '',
    'as.example.com',
    'https://a/?',
    'https://a/?x=1',
    'https://a/#',
    'https://a#x',
    'https://u:p@a',
    'https://u@a',
    ' https://a',
    'https://a\n',
    'urn:x',
    'javascript:1',
    'file:///etc',
  ])
    it(`RFC 8414 §2: ${JSON.stringify(issuer)} cannot`, () => assert.ok(!isIssuer(issuer)))
})

describe('wellKnownUrl', () => {
  const expected = {
    'https://as.example.com': 'https://as.example.com/.well-known/oauth-authorization-server',
    'https://as.example.com/': 'https://as.example.com/.well-known/oauth-authorization-server',
    'https://as.example.com/tenant': 'https://as.example.com/.well-known/oauth-authorization-server/tenant',
    'https://as.example.com/tenant/': 'https://as.example.com/.well-known/oauth-authorization-server/tenant',
    'http://127.0.0.1:8400/a/b': 'http://127.0.0.1:8400/.well-known/oauth-authorization-server/a/b',
  }
  for (const [issuer, url] of Object.entries(expected))
    it(`RFC 8414 §3.1: ${issuer} → ${url}`, () => assert.equal(wellKnownUrl(issuer, 'oauth-authorization-server'), url))
})

describe('isResourceIndicator', () => {
  for (const uri of [
    'https://orders.example.com',
    'https://orders.example.com/v1?x=1',
    'urn:credence:admin',
    'api:orders',
    'https://[::1]:8443/',
  ])
    it(`RFC 8707 §2: ${uri} is one`, () => assert.ok(isResourceIndicator(uri)))

  for (const uri of [
    '',
    'orders',
    '/orders',
    '//orders.example.com',
    'https:',
    '1a:b',
    ':x',
    'https://a#',
    'https://a#b',
    'https://a b',
    'https://a"',
    'https://é',
    'https://a\n',
    'https://a\\b',
    'https://a<b>',
  ])
    it(`RFC 8707 §2: ${JSON.stringify(uri)} is none`, () => assert.ok(!isResourceIndicator(uri)))

  it('has a longest length', () => {
    assert.ok(isResourceIndicator(`a:${'b'.repeat(maxAudienceLength - 2)}`))
    assert.ok(!isResourceIndicator(`a:${'b'.repeat(maxAudienceLength - 1)}`))
  })

  it('property: no string with a fragment, a space or a control character is one', () => {
    const bad = fc.constantFrom('#', ' ', '\n', '\0', '\x7f', 'ü', '"', '<', '>', '\\', '^', '`', '{', '|', '}')
    fc.assert(
      fc.property(fc.webUrl(), bad, fc.nat(), (url, char, at) => {
        const index = at % (url.length + 1)
        assert.ok(!isResourceIndicator(url.slice(0, index) + char + url.slice(index)))
      }),
    )
  })
})
