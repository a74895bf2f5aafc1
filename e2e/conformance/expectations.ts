/** What every module expects of an answer. RFC 6749 §5.1, §5.2. */
import assert from 'node:assert/strict'
import { type HttpAnswer, jsonOf } from '../support/http.ts'

/** A token was issued, bound to a key by DPoP. Returns it. */
export const issued = (answer: HttpAnswer): string => {
  assert.equal(answer.status, 200, answer.body)
  const { access_token: token, token_type: type, expires_in: expiresIn } = jsonOf(answer)
  assert.equal(type, 'DPoP')
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.ok(typeof expiresIn === 'number' && expiresIn > 0)
  assert.ok(typeof token === 'string' && token.length >= 22)
  return token
}

/** No token was issued, with one of these errors, and a description of the characters that one may have. */
export const refused = (answer: HttpAnswer, ...errors: readonly string[]): void => {
  assert.match(answer.headers['content-type'] ?? '', /^application\/json\b/)
  const { error, error_description: description = '', ...rest } = jsonOf(answer)
  assert.ok(errors.includes(String(error)), `${answer.status} ${answer.body}`)
  assert.match(String(description), /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/)
  assert.deepEqual(rest, {})
  // "the authorization server responds with an HTTP 400 [...] status code (unless specified otherwise)", 401 for invalid_client
  assert.ok(answer.status === 400 || (answer.status === 401 && error === 'invalid_client'), `${answer.status}`)
}

export const served = (answer: HttpAnswer): void => assert.equal(answer.status, 200, answer.body)

export const turnedAway = (answer: HttpAnswer, what: string): void => {
  assert.ok(answer.status === 400 || answer.status === 401, `${what}: ${answer.status}`)
  assert.ok(answer.headers['www-authenticate'] !== undefined, `${what}: no challenge`)
}
