import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { maxJsonDepth, parseJsonObject } from './strict_json.ts'
import { isRefusal } from './testing/test_issuer.ts'

const parse = (text: string | Buffer) => parseJsonObject(Buffer.from(text))
const refused = (text: string | Buffer) => assert.throws(() => parse(text), isRefusal('malformed_token'), String(text))
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

describe('parseJsonObject', () => {
  it('reads objects, white space and escapes included', () => {
    assert.deepEqual(parse('{ "a" :\n[1, {"b":"x:\\"y\\": "}],\t"c":":" }'), { a: [1, { b: 'x:"y": ' }], c: ':' })
    assert.deepEqual(parse('{"a":{"x":1},"b":{"x":2}}'), { a: { x: 1 }, b: { x: 2 } })
    assert.deepEqual(parse('{}'), {})
  })

  it('V6: a member given twice is refused, at any depth and however it is written', () => {
    for (const text of [
      '{"a":1,"a":1}',
      '{"a":1,"b":2,"a":3}',
      '{"a":1,"\\u0061":2}',
      '{"a":1 , "a" : 2}',
      '{"x":{"a":1,"a":2}}',
      '{"x":[1,{"a":1,"a":2}]}',
      '{"a":":","a":":"}',
      '{"a\\\\":1,"a\\\\":2}',
      '{"a\\":":1,"a\\":":2}',
    ]) {
      refused(text)
    }
  })

  it('V8: invalid UTF-8 is refused', () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]]) {
      refused(Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]))
    }
    refused(Buffer.from('\ufeff{}'))
    refused(Buffer.from('{}', 'utf16le'))
  })

  it('V8: __proto__ is refused, at any depth and however it is written', () => {
    for (const text of ['{"__proto__":{}}', '{"a":[{"__proto__":1}]}', '{"\\u005f_proto__":null}']) refused(text)
    assert.equal(Object.getPrototypeOf(parse('{"constructor":{"prototype":1}}')), Object.prototype)
  })

  it('V9: a number beyond what a number can be is refused', () => {
    for (const text of ['{"exp":1e999}', '{"exp":-1e999}', '{"a":{"b":[1e400]}}']) refused(text)
    assert.deepEqual(parse('{"a":1e308}'), { a: 1e308 })
  })

  it('A7: deep nesting is refused', () => {
    parse(nested(maxJsonDepth))
    refused(nested(maxJsonDepth + 1))
    refused(nested(10_000))
    refused(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)
  })

  it('RFC 7515 §4: anything but one JSON object is refused', () => {
    for (const text of [
      '',
      'null',
      '1',
      '"a"',
      '[]',
      '{',
      '{}{}',
      '{},',
      '{"a":NaN}',
      "{'a':1}",
      '{"a":1,}',
      '{a:1}',
    ]) {
      refused(text)
    }
  })

  it('A9: a refusal says nothing of what was read', () => {
    assert.throws(
      () => parse('{"secret-canary":'),
      (error: Error) => !error.message.includes('canary') && error.cause === undefined,
    )
  })

  const jsonObject = fc
    .dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }), { noNullPrototype: true })
    .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>)
    .filter((value) => !JSON.stringify(value).includes('__proto__'))

  it('property: agrees with JSON.parse on everything JSON.stringify makes', () => {
    fc.assert(
      fc.property(jsonObject, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        assert.deepEqual(parse(text), JSON.parse(text))
      }),
      { numRuns: 500 },
    )
  })

  it('property: any object with one member written again is refused', () => {
    fc.assert(
      fc.property(
        jsonObject.filter((value) => Object.keys(value).length > 0),
        fc.nat(),
        (value, pick) => {
          const names = Object.keys(value)
          const again = JSON.stringify(names[pick % names.length])
          refused(`${JSON.stringify(value).slice(0, -1)},${again}:0}`)
        },
      ),
      { numRuns: 500 },
    )
  })
})
