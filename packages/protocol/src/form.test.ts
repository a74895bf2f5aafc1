import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeFormComponent, maxFormParameters, parseForm } from './form.ts'
import { OAuthError } from './oauth_error.ts'

const refused = (body: string) =>
  assert.throws(
    () => parseForm(body),
    (error) => error instanceof OAuthError && error.code === 'invalid_request' && error.status === 400,
  )

describe('parseForm', () => {
  it('RFC 6749 Appendix B: + is a space and %XX a byte of UTF-8', () => {
    const form = parseForm('value=+%25%26%2B%C2%A3%E2%82%AC')
    assert.equal(form.get('value'), ' %&+£€')
  })

  it('RFC 6749 §3.2: a parameter without a value is treated as omitted', () => {
    const form = parseForm('scope=&audience&grant_type=client_credentials')
    assert.equal(form.get('scope'), undefined)
    assert.equal(form.get('audience'), undefined)
    assert.deepEqual(form.getAll('scope'), [])
    assert.equal(form.get('grant_type'), 'client_credentials')
  })

  it('RFC 6749 §3.2: a repeated parameter → invalid_request, however it is written', () => {
    refused('scope=a&scope=a')
    refused('scope=a&scop%65=b')
    refused('scope=&scope=a')
    refused('scope&scope')
    refused('unknown=1&unknown=1')
    refused('__proto__=1&__proto__=2')
  })

  it('RFC 8707 §2: resource alone may repeat, empty ones left out', () => {
    const form = parseForm('resource=&resource=https://a&resource=https://b')
    assert.equal(form.get('resource'), 'https://a')
    assert.deepEqual(form.getAll('resource'), ['https://a', 'https://b'])
  })

  it('RFC 6749 §3.2: an unknown parameter is kept and disturbs nothing', () => {
    assert.equal(parseForm('foo=bar&scope=a').get('scope'), 'a')
    assert.equal(parseForm('scope=a').get('toString'), undefined)
    assert.equal(parseForm('scope=a').get('__proto__'), undefined)
  })

  it('RFC 6749 Appendix B: a malformed percent-encoding → invalid_request', () => {
    for (const value of ['%', '%4', '%zz', '%c3', '%ff', '%c0%80', '%ed%a0%80', '%f4%90%80%80']) refused(`a=${value}`)
  })

  it('refuses what a form has to encode: control characters and anything outside ASCII', () => {
    for (const value of ['\0', '\r\n', '\t', '\x7f', 'é', '\ufeff', '\ud800']) refused(`a=${value}`)
  })

  it('A7: as many parameters as allowed are read, one more is refused, 100,000 are refused', () => {
    const parameters = (count: number) => Array.from({ length: count }, (_, i) => `p${i}=1`).join('&')
    assert.equal(parseForm(parameters(maxFormParameters)).get(`p${maxFormParameters - 1}`), '1')
    refused(parameters(maxFormParameters + 1))
    refused(parameters(100_000))
    refused('resource=a&'.repeat(maxFormParameters + 1))
  })

  it('property: agrees with URLSearchParams on everything that URLSearchParams writes', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 })
    const parameters = fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 20 })
    fc.assert(
      fc.property(parameters, (pairs) => {
        const written = new URLSearchParams(pairs)
        const form = parseForm(written.toString())
        for (const name of written.keys()) assert.equal(form.get(name), written.get(name) || undefined)
      }),
    )
  })

  it('property: throws nothing but OAuthError invalid_request, on any string', () => {
    const alphabet = fc.constantFrom('a', '=', '&', '%', '+', '4', '1', 'c3', 'a9', ' ', 'é', '\n', 'resource')
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(alphabet).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(any, (body) => {
        try {
          const form = parseForm(body)
          for (const value of form.getAll('resource')) assert.notEqual(value, '')
        } catch (error) {
          assert.ok(error instanceof OAuthError)
          assert.equal(error.code, 'invalid_request')
        }
      }),
    )
  })

  it('property: a parameter written twice is refused wherever the two stand', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).filter((text) => text !== 'resource')
    fc.assert(
      fc.property(name, fc.array(fc.webSegment(), { maxLength: 8 }), fc.nat(), (repeated, others, at) => {
        const pairs = others.map((value, i): [string, string] => [`${repeated}-other-${i}`, value])
        pairs.splice(at % (pairs.length + 1), 0, [repeated, 'x'])
        refused(new URLSearchParams([...pairs, [repeated, 'y']]).toString())
      }),
    )
  })
})

describe('decodeFormComponent', () => {
  it('property: undoes what URLSearchParams does to one value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        assert.equal(decodeFormComponent(new URLSearchParams([['', value]]).toString().slice(1)), value)
      }),
    )
  })
})
