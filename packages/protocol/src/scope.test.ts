import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { OAuthError } from './oauth_error.ts'
import { formatScope, isScopeToken, maxScopeTokens, missingScopes, parseScope } from './scope.ts'

const refused = (scope: string) =>
  assert.throws(
    () => parseScope(scope),
    (error) => error instanceof OAuthError && error.code === 'invalid_scope',
  )

// %x21 / %x23-5B / %x5D-7E, written out apart from the code under test
const tokenCharacters = Array.from({ length: 0x7e - 0x20 }, (_, i) => String.fromCharCode(0x21 + i)).filter(
  (char) => char !== '"' && char !== '\\',
)
const scopeToken = fc.string({ unit: fc.constantFrom(...tokenCharacters), minLength: 1, maxLength: 12 })

describe('parseScope', () => {
  it('RFC 6749 §3.3: tokens in the order given, each once', () => {
    assert.deepEqual(parseScope('jobs:read'), ['jobs:read'])
    assert.deepEqual(parseScope('b a b c a'), ['b', 'a', 'c'])
  })

  it('RFC 6749 §3.3: tokens are case-sensitive', () => {
    assert.deepEqual(parseScope('read READ'), ['read', 'READ'])
  })

  it('RFC 6749 §3.3: exactly one space between tokens, none around them, and at least one token', () => {
    for (const scope of ['', ' ', 'a  b', ' a', 'a ', 'a\tb', 'a\nb', 'a\u00a0b', 'a,b\r\n']) refused(scope)
  })

  it('A3: look-alikes and characters outside the grammar are refused, not mapped', () => {
    for (const scope of ['jobs"read', 'jobs\\read', 'jоbs:read', 'jobs:re\u0301ad', 'read\0', 'read\x7f', '\ufeffread'])
      refused(scope)
  })

  it('A3: 100,000 scopes are refused before they are looked at', () => {
    const scopes = (count: number) => Array.from({ length: count }, (_, i) => `s${i}`).join(' ')
    assert.equal(parseScope(scopes(maxScopeTokens)).length, maxScopeTokens)
    refused(scopes(maxScopeTokens + 1))
    refused(scopes(100_000))
    refused('a '.repeat(100_000))
  })

  it('property: parse ∘ format is the identity on lists of distinct scope tokens', () => {
    fc.assert(
      fc.property(fc.uniqueArray(scopeToken, { minLength: 1, maxLength: 20 }), (scopes) => {
        assert.deepEqual(parseScope(formatScope(scopes)), scopes)
      }),
    )
  })

  it('property: what is parsed has no duplicates and nothing that was not asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'A'), { minLength: 1 }), (scopes) => {
        const parsed = parseScope(scopes.join(' '))
        assert.deepEqual(parsed, [...new Set(scopes)])
      }),
    )
  })

  it('property: anything outside the grammar is refused, anything inside is not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        const inside = text
          .split(' ')
          .every((token) => token !== '' && [...token].every((c) => tokenCharacters.includes(c)))
        if (inside) assert.ok(parseScope(text).length > 0)
        else refused(text)
      }),
    )
  })

  it('property: one bad character anywhere refuses the whole', () => {
    const bad = fc.constantFrom('"', '\\', '\0', '\n', '\x7f', '\x80', 'é', '\u2028', '\u{1f600}')
    fc.assert(
      fc.property(fc.array(scopeToken, { maxLength: 5 }), bad, fc.nat(), (scopes, char, at) => {
        const text = scopes.join(' ')
        const index = at % (text.length + 1)
        refused(text.slice(0, index) + char + text.slice(index))
      }),
    )
  })
})

describe('isScopeToken', () => {
  it('RFC 6749 §3.3: every single character of the grammar, and no other below U+0100', () => {
    for (let code = 0; code < 0x100; code++) {
      const char = String.fromCharCode(code)
      assert.equal(isScopeToken(char), tokenCharacters.includes(char), `U+${code.toString(16)}`)
    }
  })
})

describe('missingScopes', () => {
  it('names what is lacking, in the order wanted', () => {
    assert.deepEqual(missingScopes(['c', 'a', 'b'], ['a']), ['c', 'b'])
    assert.deepEqual(missingScopes(['a'], ['a', 'b']), [])
    assert.deepEqual(missingScopes(['READ'], ['read']), ['READ'])
  })

  it('A3 property: nothing is missing exactly when wanted ⊆ held', () => {
    const scopes = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'A', 'a:b'))
    fc.assert(
      fc.property(scopes, scopes, (wanted, held) => {
        const isSubset = wanted.every((scope) => new Set<string>(held).has(scope))
        assert.equal(missingScopes(wanted, held).length === 0, isSubset)
      }),
    )
  })
})
