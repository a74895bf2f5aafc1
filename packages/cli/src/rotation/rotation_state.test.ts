import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CredentialOutlook } from './credential_api.ts'
import { readRotationState } from './rotation_state.ts'

const made = 1_800_000_000

/** Named a to z, each made a second after the one before it. @param idle seconds since its last use; undefined: never used */
const aCredential = (id: string, idle?: number, changed: Partial<CredentialOutlook> = {}): CredentialOutlook => ({
  credential_id: id,
  client_id: 'job',
  kind: 'secret',
  status: 'live',
  created_at: made + id.charCodeAt(0) - 'a'.charCodeAt(0),
  ...(idle !== undefined && { last_used_at: made + 1_000 - idle }),
  idle_seconds: idle ?? 1_000,
  token_lifetime_seconds: 600,
  retirement: { safe: false, because: '' },
  ...changed,
})

describe('where a rotation stands, by the credentials alone', () => {
  const waitsOf = (credentials: readonly CredentialOutlook[], terms: object = {}) =>
    readRotationState(credentials, terms)?.waits

  it('the new one must have been used, and the older ones not for longer than a token is held', () => {
    assert.deepEqual(waitsOf([aCredential('a', 3), aCredential('b')]), ['new_unused', 'older_in_use'])
    assert.deepEqual(waitsOf([aCredential('a', 629), aCredential('b', 1)]), ['older_in_use'])
    assert.deepEqual(waitsOf([aCredential('a', 630), aCredential('b')]), ['new_unused'])
    assert.deepEqual(waitsOf([aCredential('a', 630), aCredential('b', 1)]), [])
  })

  it('or for the time that was stated', () => {
    assert.deepEqual(waitsOf([aCredential('a', 4), aCredential('b', 1)], { quiet: 5 }), ['older_in_use'])
    assert.deepEqual(waitsOf([aCredential('a', 5), aCredential('b', 1)], { quiet: 5 }), [])
    assert.deepEqual(waitsOf([aCredential('a', 5), aCredential('b', 1)], { quiet: 86_400 }), ['older_in_use'])
  })

  it('one in use is enough to wait for, and one made a moment ago and never used too', () => {
    assert.deepEqual(waitsOf([aCredential('a', 700), aCredential('b', 2), aCredential('c', 1)]), ['older_in_use'])
    assert.deepEqual(waitsOf([aCredential('a', undefined, { idle_seconds: 9 }), aCredential('b', 1)]), ['older_in_use'])
  })

  it('the overlap counts by the server’s time', () => {
    const credentials = [aCredential('a', 700), aCredential('b', 1)]
    assert.deepEqual(waitsOf(credentials, { overlap: 1_000 }), ['overlap'])
    assert.deepEqual(waitsOf(credentials, { overlap: 999 }), [])
  })

  it('the newest that works is the new one; what is revoked or expired is no part of it', () => {
    const state = readRotationState(
      [
        aCredential('z', 1, { status: 'revoked' }),
        aCredential('a', 700),
        aCredential('b', 1),
        aCredential('y', 1, { status: 'expired' }),
      ],
      {},
    )
    assert.equal(state?.next.credential_id, 'b')
    assert.deepEqual(
      state?.older.map(({ credential_id: id }) => id),
      ['a'],
    )
  })

  it('only what is named is to go, and nothing newer than the new one', () => {
    const credentials = [aCredential('a', 1), aCredential('b', 700), aCredential('c', 1), aCredential('d', 1)]
    const state = readRotationState(credentials, { retire: ['b'] }, 'c')
    assert.deepEqual(
      state?.older.map(({ credential_id: id }) => id),
      ['b'],
    )
    assert.deepEqual(state?.waits, [])
  })

  it('of two made in the same second neither is taken for the old one, unless it is named or the new one is known', () => {
    const same = { created_at: made + 5 }
    const credentials = [aCredential('a', 700), aCredential('x', 700, same), aCredential('y', 700, same)]
    const older = (terms: object, nextId?: string) =>
      readRotationState(credentials, terms, nextId)?.older.map(({ credential_id: id }) => id)
    assert.throws(() => older({}), /x and y were made in the same second: say with --retire/)
    assert.deepEqual(older({ retire: ['y'] }), ['y'])
    assert.deepEqual(older({}, 'x'), ['a', 'y'])
  })

  it('nothing older: nothing to wait for; no new one: no state', () => {
    assert.deepEqual(waitsOf([aCredential('a')]), [])
    assert.equal(readRotationState([aCredential('a', 1, { status: 'revoked' })], {}), undefined)
    assert.equal(readRotationState([aCredential('a', 1)], {}, 'b'), undefined)
  })
})
