import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Challenge, formatChallenges, parseChallenges } from './challenge.ts'

/** With ordinary prototypes, so that deepEqual compares content alone. */
const parse = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => ({
    scheme,
    parameters: Object.fromEntries(Object.entries(parameters)),
  }))

describe('formatChallenges', () => {
  it('RFC 6750 §3: the example of the section', () => {
    const parameters = { realm: 'example', error: 'invalid_token', error_description: 'The access token expired' }
    assert.equal(
      formatChallenges([{ scheme: 'Bearer', parameters }]),
      'Bearer realm="example", error="invalid_token", error_description="The access token expired"',
    )
  })

  it('RFC 9110 §5.6.4: quotes and backslashes are escaped', () => {
    assert.equal(formatChallenges([{ scheme: 'Basic', parameters: { realm: 'a"b\\c' } }]), 'Basic realm="a\\"b\\\\c"')
  })

  it('A12: a value that would break the header is refused', () => {
    for (const realm of ['a\r\nset-cookie: x', '\0', 'é', '\x7f', '\t'])
      assert.throws(() => formatChallenges([{ scheme: 'Basic', parameters: { realm } }]), TypeError)
  })
})

describe('parseChallenges', () => {
  it('RFC 9110 §11.6.1: several challenges in one header', () => {
    assert.deepEqual(parse('Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"'), [
      { scheme: 'Newauth', parameters: { realm: 'apps', type: '1', title: 'Login to "apps"' } },
      { scheme: 'Basic', parameters: { realm: 'simple' } },
    ])
  })

  it('RFC 9110 §5.6.1: empty list elements and white space around = and commas', () => {
    assert.deepEqual(parse(' , Bearer  error = "invalid_token" ,, scope="a b" , DPoP'), [
      { scheme: 'Bearer', parameters: { error: 'invalid_token', scope: 'a b' } },
      { scheme: 'DPoP', parameters: {} },
    ])
  })

  it('parameter names are case-insensitive and given in lower case', () => {
    assert.deepEqual(parse('Bearer ERROR="invalid_token"'), [
      { scheme: 'Bearer', parameters: { error: 'invalid_token' } },
    ])
  })

  it('RFC 9110 §11.2: a token68 is no scheme and ends the list', () => {
    assert.deepEqual(parse('Negotiate dG9rZW4='), [{ scheme: 'Negotiate', parameters: {} }])
    assert.deepEqual(parse('Negotiate Bearer, Bearer error="x"'), [{ scheme: 'Negotiate', parameters: {} }])
  })

  it('a comma or a scheme inside a quoted string starts nothing', () => {
    assert.deepEqual(parse('Basic realm="x, Bearer error=\\"invalid_token\\""'), [
      { scheme: 'Basic', parameters: { realm: 'x, Bearer error="invalid_token"' } },
    ])
  })

  it('what cannot be read ends the list; a parameter before any scheme is no challenge', () => {
    assert.deepEqual(parse('Basic realm="a", Bearer error="unterminated'), [
      { scheme: 'Basic', parameters: { realm: 'a' } },
      { scheme: 'Bearer', parameters: {} },
    ])
    assert.deepEqual(parse('error="invalid_token"'), [])
    assert.deepEqual(parse(''), [])
    assert.deepEqual(parse('"'), [])
  })

  it('a parameter called __proto__ is a parameter', () => {
    const [challenge] = parseChallenges('Bearer __proto__="x", constructor="y"')
    assert.deepEqual(Object.keys(challenge?.parameters ?? {}), ['__proto__', 'constructor'])
    assert.equal(challenge?.parameters.toString, undefined)
  })

  it('a header above 8 KB is not parsed', () => {
    const header = `Bearer error="${'x'.repeat(8192)}"`
    assert.deepEqual(parse(header), [])
    assert.equal(parse(`${header.slice(0, 8000)}"`).length, 1)
  })

  const token = fc.string({ unit: fc.constantFrom(..."!#$%&'*+.^_`|~-0aZ"), minLength: 1, maxLength: 8 })
  const name = token.map((text) => text.toLowerCase())
  const value = fc.string({ unit: 'binary-ascii' }).map((text) => text.replace(/[^\x20-\x7e]/g, ' '))
  const challenge: fc.Arbitrary<Challenge> = fc.record({
    scheme: token,
    parameters: fc
      .uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 5 })
      .map((pairs) => Object.fromEntries(pairs)),
  })

  it('property: parse ∘ format is the identity', () => {
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 5 }), (challenges) => {
        const header = formatChallenges(challenges)
        fc.pre(header.length <= 8192)
        const plain = challenges.map(({ scheme, parameters }) => ({
          scheme,
          parameters: Object.fromEntries(Object.entries(parameters)),
        }))
        assert.deepEqual(parse(header), plain)
      }),
    )
  })

  it('property: never throws, on any string', () => {
    const alphabet = fc.constantFrom('Bearer', ' ', ',', '=', '"', '\\', 'error', 'é', '\n', '\t')
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(alphabet, { maxLength: 60 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(any, (header) => assert.ok(Array.isArray(parseChallenges(header)))),
      { numRuns: 1000 },
    )
  })

  it('hostile headers: time grows with the length, not with its square or worse', () => {
    const patterns = [' ', ',', ', ', 'a', 'a ', 'a,', 'a=', 'a="', '\\"', '"\\', 'a = "\\', ' \t', 'a b=', '"']
    const quickest = (header: string) => {
      let best = Number.POSITIVE_INFINITY
      for (let round = 0; round < 7; round++) {
        const before = performance.now()
        for (let i = 0; i < 8; i++) parseChallenges(header)
        best = Math.min(best, performance.now() - before)
      }
      return best
    }
    for (const pattern of patterns) {
      for (const prefix of ['', 'Bearer ', 'Bearer a="']) {
        const header = (length: number) =>
          prefix + pattern.repeat(Math.floor((length - prefix.length) / pattern.length))
        // 8 times the length: 8 times the time when linear, 64 times when quadratic. The floor is for timer noise.
        const ratio = quickest(header(8192)) / Math.max(quickest(header(1024)), 0.02)
        assert.ok(ratio < 40, `${JSON.stringify(prefix + pattern)}: ${ratio.toFixed(1)} times`)
      }
    }
  })
})
