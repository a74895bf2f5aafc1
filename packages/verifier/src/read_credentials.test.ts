import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkTokenSyntax, readCredentials } from './read_credentials.ts'
import type { RefusalCode } from './refusal.ts'
import type { RequestHeaders } from './request.ts'

const read = (headers: RequestHeaders, url = '/orders') => readCredentials({ headers, url }, false).token

const refused = (work: () => unknown, code: RefusalCode, status: number) =>
  assert.throws(work, { name: 'RequestRefused', code, status })

describe('readCredentials', () => {
  it('RFC 6750 §2.1: from Headers and from plain objects, names in any case', () => {
    for (const headers of [
      new Headers({ Authorization: 'Bearer a.b.c' }),
      { authorization: 'Bearer a.b.c' },
      { Authorization: 'Bearer a.b.c' },
      { AUTHORIZATION: ['Bearer a.b.c'], other: undefined },
    ]) {
      assert.equal(read(headers), 'a.b.c')
    }
  })

  it('RFC 9110 §11.1: the scheme is case-insensitive, and more than one space may follow it', () => {
    for (const value of ['bearer a.b.c', 'BEARER a.b.c', 'bEaReR    a.b.c']) {
      assert.equal(read({ authorization: value }), 'a.b.c')
    }
  })

  it('RFC 9449 §7.1, checklist 37: the scheme DPoP, in any case, where it is accepted, beside Bearer', () => {
    for (const value of ['DPoP a.b.c', 'dpop a.b.c', 'DPOP   a.b.c']) {
      assert.deepEqual(readCredentials({ headers: { authorization: value } }, true), { scheme: 'DPoP', token: 'a.b.c' })
      refused(() => readCredentials({ headers: { authorization: value } }, false), 'unsupported_scheme', 401)
    }
    const bearer = { authorization: 'Bearer a.b.c' }
    assert.deepEqual(readCredentials({ headers: bearer }, true), { scheme: 'Bearer', token: 'a.b.c' })
    refused(() => readCredentials({ headers: { authorization: 'DPoPx a.b.c' } }, true), 'unsupported_scheme', 401)
    refused(() => readCredentials({ headers: {}, url: '/?access_token=a' }, true), 'token_in_query', 400)
  })

  it('RFC 6750 §3: no credentials, and those of another scheme, are 401 without a fault of the request', () => {
    for (const headers of [
      {},
      new Headers(),
      { authorization: '' },
      { authorization: undefined },
      { authorization: [] },
    ]) {
      refused(() => read(headers), 'no_credentials', 401)
    }
    for (const value of ['Basic dXNlcjpwYXNz', 'DPoP a.b.c', 'Bearerx a.b.c', 'Negotiate', 'a.b.c']) {
      refused(() => read({ authorization: value }), 'unsupported_scheme', 401)
    }
  })

  it('checklist 35: a token in the query is 400, however it is written and whatever else there is', () => {
    const authorization = 'Bearer a.b.c'
    for (const url of [
      '/orders?access_token=a.b.c',
      '/orders?x=1&access_token=a.b.c',
      '/orders?access_token=',
      '/orders?%61ccess_token=a.b.c',
      '/orders?access%5Ftoken=a',
      'https://orders.example.com/?access_token=a#x',
    ]) {
      refused(() => read({ authorization }, url), 'token_in_query', 400)
      refused(() => read({}, url), 'token_in_query', 400)
    }
    for (const url of ['/access_token=a', '/orders?x=access_token', '/orders?my_access_token=a', '/orders?']) {
      assert.equal(read({ authorization }, url), 'a.b.c')
    }
  })

  it('checklist 35: more than one Authorization header is 400', () => {
    refused(() => read({ authorization: ['Bearer a', 'Bearer b'] }), 'several_credentials', 400)
    refused(() => read({ authorization: 'Bearer a', Authorization: 'Bearer b' }), 'several_credentials', 400)
    const headers = new Headers({ authorization: 'Bearer a' })
    headers.append('authorization', 'Bearer b')
    refused(() => checkTokenSyntax(read(headers)), 'malformed_credentials', 400)
  })

  it('checklist 36: what is no scheme and one token is 400', () => {
    for (const value of [' Bearer a', '"Bearer" a', ',', 'Bearer\ta', '\u00e9']) {
      refused(() => read({ authorization: value }), 'malformed_credentials', 400)
    }
    for (const value of [
      'Bearer',
      'Bearer ',
      'Bearer a b',
      'Bearer a,b',
      'Bearer "a"',
      'Bearer a=b',
      'Bearer a\nb',
      'Bearer é',
    ]) {
      refused(() => checkTokenSyntax(read({ authorization: value })), 'malformed_credentials', 400)
    }
    for (const value of ['Bearer a==', 'Bearer a+/~b', 'Bearer .']) checkTokenSyntax(read({ authorization: value }))
  })
})
