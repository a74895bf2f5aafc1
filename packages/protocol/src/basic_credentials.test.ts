import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseBasicCredentials } from './basic_credentials.ts'
import { OAuthError } from './oauth_error.ts'

const refused = (encoded: string) =>
  assert.throws(
    () => parseBasicCredentials(encoded),
    (error) => error instanceof OAuthError && error.code === 'invalid_client' && error.status === 401,
  )

const formEncode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1)
const encode = (clientId: string, clientSecret: string) => btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)
const rawUtf8 = (text: string) => Buffer.from(text, 'utf8').toString('base64')

describe('parseBasicCredentials', () => {
  it('RFC 6749 §2.3.1: the example of the section', () => {
    assert.deepEqual(parseBasicCredentials('czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3'), {
      clientId: 's6BhdRkqt3',
      clientSecret: '7Fjfp0ZBr1KtDRbnfVdmIw',
    })
  })

  it('RFC 6749 §2.3.1: id and secret are form-decoded each, after the split at the first colon', () => {
    assert.deepEqual(parseBasicCredentials(btoa('my%3Aid:a+b%25%2B%C2%A3:c')), {
      clientId: 'my:id',
      clientSecret: 'a b%+£:c',
    })
  })

  it('reads raw UTF-8 from clients that skip the form-encoding', () => {
    assert.deepEqual(parseBasicCredentials(rawUtf8('kassé:pässwörd€')), {
      clientId: 'kassé',
      clientSecret: 'pässwörd€',
    })
    assert.deepEqual(parseBasicCredentials(rawUtf8('é%C5%A1:x')), { clientId: 'éš', clientSecret: 'x' })
  })

  it('keeps a byte order mark: two different secrets never read as one', () => {
    assert.equal(parseBasicCredentials(rawUtf8('id:\ufeffsecret')).clientSecret, '\ufeffsecret')
  })

  it('refuses bytes that are not UTF-8, and malformed percent-encoding', () => {
    for (const pair of ['id:\xff', '\xe9:x', 'id:%', 'id:%zz', '%c3:x', 'id:%ff']) refused(btoa(pair))
  })

  it('RFC 7617 §2: no colon → invalid_client', () => refused(btoa('id')))

  it('RFC 4648 §3.5: non-canonical base64 is refused', () => {
    assert.equal(parseBasicCredentials('aWQ6eA==').clientSecret, 'x')
    assert.equal(parseBasicCredentials('aTp4').clientSecret, 'x')
    for (const encoded of [
      '',
      'aWQ6eB==',
      'aWQ6eA=',
      'aWQ6eA',
      'aWQ6eA===',
      ' aWQ6eA==',
      'aWQ6eA==\n',
      'aWQ6\neA==',
      'aWQ6-A==',
      'aWQ_eA==',
      'aTp4=',
      '=',
      '====',
    ])
      refused(encoded)
  })

  it('property: of all 4-character endings, exactly the canonical ones are read', () => {
    const char = fc.constantFrom(...'ABCQgwxyz019+/=')
    fc.assert(
      fc.property(fc.tuple(char, char, char, char), (ending) => {
        const encoded = `aTp4${ending.join('')}`
        const isCanonical = Buffer.from(encoded, 'base64').toString('base64') === encoded
        try {
          parseBasicCredentials(encoded)
          assert.ok(isCanonical, encoded)
        } catch (error) {
          assert.ok(error instanceof OAuthError)
          // what is canonical may still hold bytes that are no UTF-8
          assert.equal(error.detail === 'not canonical base64', !isCanonical, encoded)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('property: any form-encoded id and secret come back as they were', () => {
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(text, text, (clientId, clientSecret) => {
        assert.deepEqual(parseBasicCredentials(encode(clientId, clientSecret)), { clientId, clientSecret })
      }),
    )
  })

  it('property: throws nothing but OAuthError invalid_client, on any string, and repeats none of it', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      fc.string({ unit: 'binary-ascii' }).map(btoa),
    )
    fc.assert(
      fc.property(any, (encoded) => {
        try {
          parseBasicCredentials(encoded)
        } catch (error) {
          assert.ok(error instanceof OAuthError)
          assert.equal(error.code, 'invalid_client')
          assert.equal(error.message, 'malformed Basic credentials')
        }
      }),
    )
  })

  it('A7: a header of 64 KB is read or refused without trouble', () => {
    refused('A'.repeat(65_535))
    assert.equal(parseBasicCredentials(btoa(`id:${'x'.repeat(49_149)}`)).clientSecret.length, 49_149)
  })
})
