import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isSameTarget, normalizeTargetUri } from './target_uri.ts'

describe('normalizeTargetUri', () => {
  it('RFC 3986 §6.2.2, §6.2.3: what means the same becomes the same', () => {
    for (const [uri, normalized] of [
      ['HTTPS://Example.COM', 'https://example.com/'],
      ['https://example.com:443/', 'https://example.com/'],
      ['https://example.com:/', 'https://example.com/'],
      ['https://example.com:0443/', 'https://example.com/'],
      ['http://example.com:80/', 'http://example.com/'],
      ['http://example.com:443/', 'http://example.com:443/'],
      ['https://example.com:8443/a', 'https://example.com:8443/a'],
      ['https://example.com?x#y', 'https://example.com/'],
      ['https://example.com/a/./b/../c', 'https://example.com/a/c'],
      ['https://example.com/../../a', 'https://example.com/a'],
      ['https://example.com/a/..', 'https://example.com/'],
      ['https://example.com/a/.', 'https://example.com/a/'],
      ['https://example.com/a/%2E%2e/b', 'https://example.com/b'],
      ['https://example.com/...', 'https://example.com/...'],
      ['https://example.com//a//b', 'https://example.com//a//b'],
      ['https://example.com/%7ea%2fb%c3%A9', 'https://example.com/~a%2Fb%C3%A9'],
      ['https://[2001:DB8::1]/', 'https://[2001:db8::1]/'],
      ['https://example.com/A;b=1,2', 'https://example.com/A;b=1,2'],
    ] as const) {
      assert.equal(normalizeTargetUri(uri), normalized, uri)
    }
  })

  it('RFC 9449 §4.3: what is no absolute http(s) URI has no normal form', () => {
    for (const uri of [
      '',
      '/a',
      'example.com/a',
      'ftp://example.com/',
      'https:/example.com',
      'https:///a',
      'https://user@example.com/',
      'https://example.com:99999/',
      'https://example.com:4e2/',
      'https://example.com/%',
      'https://example.com/%zz',
      'https://example.com\\a',
      'https://example.com/a b',
      'https://example.com/\u00e9',
      'https://ex%61mple.com/',
      '\thttps://example.com/',
      'https://example.com/a\n',
    ]) {
      assert.equal(normalizeTargetUri(uri), undefined, uri)
    }
  })
})

const host = fc.constantFrom('example.com', 'a.b-c.example', '127.0.0.1', '[::1]')
const segment = fc.oneof(
  fc.constantFrom('.', '..', '%2e', '%2E%2e', '', 'a', '%c3%a9', '%2F', 'x;y=1'),
  fc.stringMatching(/^[A-Za-z0-9\-._~!$&'()*+,;=:@]{1,6}$/),
)
const uri = fc
  .record({ scheme: fc.constantFrom('http', 'https'), host, segments: fc.array(segment, { maxLength: 6 }) })
  .map(({ scheme, host, segments }) => `${scheme}://${host}/${segments.join('/')}`)

/** Another way to write each part of a URI that does not change what it means. */
const disguise = (plain: string, choices: readonly number[]): string => {
  const [, scheme = '', authority = '', path = ''] = /^(\w+):\/\/([^/]*)(.*)$/.exec(plain) ?? []
  const [letterCase = 0, port = 0, dots = 0, escapes = 0, query = 0] = choices
  const recase = (text: string) => (letterCase % 2 === 0 ? text : text.toUpperCase())
  const withPort = port % 2 === 0 ? '' : scheme === 'http' ? ':80' : ':443'
  const dotted = dots % 2 === 0 ? path : `/.${dots % 3 === 0 ? '/gone/..' : ''}${path}`
  const escaped =
    escapes % 2 === 0 ? dotted : dotted.replace(/(?<!%.?)[A-Za-z0-9~_-]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
  return `${recase(scheme)}://${recase(authority)}${withPort}${escaped}${query % 2 === 0 ? '' : '?q=%zz#f'}`
}

describe('htu normalisation, as properties', () => {
  const choices = fc.array(fc.nat(), { minLength: 5, maxLength: 5 })

  it('RFC 3986 §6.2.2: however a URI is disguised, its normal form is the same, and normal already', () => {
    fc.assert(
      fc.property(uri, choices, (plain, how) => {
        const normalized = normalizeTargetUri(plain)
        assert.ok(normalized !== undefined)
        assert.equal(normalizeTargetUri(disguise(plain, how)), normalized)
        assert.equal(normalizeTargetUri(normalized), normalized)
        assert.ok(isSameTarget(plain, disguise(plain, how)))
      }),
      { numRuns: 2000 },
    )
  })

  it('RFC 9449 §4.3: two that a WHATWG URL tells apart by more than escapes are not the same', () => {
    const pathOf = (text: string) => {
      const { origin, pathname } = new URL(text)
      return (
        origin +
        pathname.replace(/%[0-9a-f]{2}/gi, (e) => decodeURIComponent(e.replace(/%([89a-f].)/i, '%25$1')).toLowerCase())
      )
    }
    fc.assert(
      fc.property(uri, uri, (one, other) => {
        if (isSameTarget(one, other)) assert.equal(pathOf(one), pathOf(other))
      }),
      { numRuns: 5000 },
    )
  })

  it('V8: any text at all has a normal form or none, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl(), fc.string()), (text) => {
        const normalized = normalizeTargetUri(text)
        if (normalized !== undefined) assert.equal(normalizeTargetUri(normalized), normalized)
      }),
    )
  })
})
