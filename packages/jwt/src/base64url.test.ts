import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { isRefusal } from './testing/test_issuer.ts'

const refused = (text: string) => assert.throws(() => decodeBase64url(text), isRefusal('malformed_token'), text)

describe('decodeBase64url', () => {
  it('RFC 7515 Appendix C: the example', () => {
    assert.deepEqual(decodeBase64url('A-z_4ME'), Buffer.from([3, 236, 255, 224, 193]))
    assert.equal(encodeBase64url(Buffer.from([3, 236, 255, 224, 193])), 'A-z_4ME')
  })

  it('V7: set trailing bits are refused', () => {
    decodeBase64url('AA')
    for (const text of ['AB', 'A_', 'AAB', 'AA_']) refused(text)
  })

  it('V7: padding is refused', () => {
    for (const text of ['AA==', 'AA=', 'AAA=', 'AAAA=', '=']) refused(text)
  })

  it('V7: + and / are refused', () => {
    for (const text of ['+AAA', '/AAA', 'AA+A', 'AA/A']) refused(text)
  })

  it('V7: white space, newlines and anything else inside are refused', () => {
    for (const text of [' AAAA', 'AAAA\n', 'AA AA', 'AA\r\nAA', 'AA\0A', 'AAéA', 'AA.A', 'AA\ud83dA']) refused(text)
  })

  it('V7: no other character, in any place, is passed over or taken for a digit', () => {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let code = 0; code <= 0xffff; code++) {
      const character = String.fromCharCode(code)
      if (digits.includes(character)) continue
      for (const text of [
        `${character}AAA`,
        `AA${character}A`,
        `AAA${character}`,
        `AAAA${character}AA`,
        `AA${character}`,
      ]) {
        assert.throws(() => decodeBase64url(text), JSON.stringify(text))
      }
    }
  })

  it('V7: a length that no bytes have is refused', () => {
    for (const text of ['A', 'AAAAA']) refused(text)
  })

  it('property: what is encoded comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.deepEqual(decodeBase64url(encodeBase64url(Buffer.from(bytes))), Buffer.from(bytes))
      }),
    )
  })

  it('property: whatever is read is the one encoding of its bytes', () => {
    const almost = fc.string({ unit: fc.constantFrom(...'ABCwxyz0189-_+/= \n'), maxLength: 12 })
    fc.assert(
      fc.property(almost, (text) => {
        let bytes: Buffer
        try {
          bytes = decodeBase64url(text)
        } catch {
          return
        }
        assert.equal(encodeBase64url(bytes), text)
      }),
      { numRuns: 2000 },
    )
  })
})
