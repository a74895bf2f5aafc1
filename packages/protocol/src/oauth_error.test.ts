import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { OAuthError, type OAuthErrorCode, oauthErrorCodes, sanitizeDescription } from './oauth_error.ts'

describe('oauthErrorCodes', () => {
  const statuses: Record<OAuthErrorCode, number> = {
    invalid_request: 400,
    invalid_client: 401,
    unauthorized_client: 400,
    unsupported_grant_type: 400,
    invalid_scope: 400,
    invalid_target: 400,
    invalid_dpop_proof: 400,
    use_dpop_nonce: 400,
    unsupported_token_type: 400,
    invalid_token: 401,
    insufficient_scope: 403,
    server_error: 500,
    temporarily_unavailable: 503,
  }

  for (const [code, status] of Object.entries(statuses) as [OAuthErrorCode, number][])
    it(`${oauthErrorCodes[code].source}: ${code} → ${status}`, () => {
      assert.equal(new OAuthError(code, 'x').status, status)
    })

  it('has no code that this table of the test lacks', () => {
    assert.deepEqual(Object.keys(oauthErrorCodes), Object.keys(statuses))
  })
})

describe('sanitizeDescription', () => {
  it('RFC 6749 §5.2: quotes, backslashes, control characters and all outside ASCII become ?', () => {
    assert.equal(sanitizeDescription('a"b\\c\r\nd\0é\u{1f600}\x7f~ !'), 'a?b?c??d?????~ !')
  })

  it('property: at most 500 characters, all of %x20-21 / %x23-5B / %x5D-7E, and idempotent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000, size: 'max' }), (text) => {
        const sanitized = sanitizeDescription(text)
        assert.ok(sanitized.length <= 500)
        assert.match(sanitized, /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/)
        assert.equal(sanitizeDescription(sanitized), sanitized)
      }),
    )
  })

  it('property: changes nothing that is allowed', () => {
    const allowed = fc.string({ unit: fc.constantFrom(...' !#aZ[]~0^'), maxLength: 500 })
    fc.assert(fc.property(allowed, (text) => assert.equal(sanitizeDescription(text), text)))
  })
})

describe('OAuthError', () => {
  it('RFC 6749 §5.2: the document has code and description, and nothing of detail or cause', () => {
    const error = new OAuthError('invalid_client', 'no "such" client', {
      detail: 'detail-canary',
      cause: 'cause-canary',
    })
    assert.deepEqual(error.toResponse(), { error: 'invalid_client', error_description: 'no ?such? client' })
    assert.equal(error.cause, 'cause-canary')
    assert.equal(error.detail, 'detail-canary')
  })

  it('takes another status and headers where HTTP has a better one', () => {
    const error = new OAuthError('invalid_request', 'POST only', { status: 405, headers: { Allow: 'POST' } })
    assert.equal(error.status, 405)
    assert.deepEqual(error.headers, { Allow: 'POST' })
  })
})
