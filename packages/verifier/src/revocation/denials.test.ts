import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createDenials } from './denials.ts'
import type { RevocableToken } from './revocation_source.ts'

const iss = 'https://auth.example.com'
const orders = 'https://orders.example.com'
const now = 1_800_000_000
const token: RevocableToken = { iss, jti: 't1', clientId: 'job', credentialId: 'cred_1', aud: orders, iat: now }

const setting = (maxEntries = 100) => {
  let time = now
  const denials = createDenials({ issuer: iss, maxEntries, now: () => time })
  const advance = (seconds: number) => {
    time += seconds
    denials.forgetUnneeded()
  }
  return { denials, advance }
}

describe('denials', () => {
  it('V14: a token is denied by issuer and id, not by the id alone', () => {
    const { denials } = setting()
    denials.add({ revoked: [{ iss, jti: 't1', exp: now + 600 }], cutoffs: [] })
    assert.equal(denials.isDenied(token), true)
    assert.equal(denials.isDenied({ ...token, iss: 'https://other.example.com' }), false)
    assert.equal(denials.isDenied({ ...token, jti: 't2' }), false)
  })

  it('an issuer denies nothing of another issuer', () => {
    const { denials } = setting()
    const other = 'https://other.example.com'
    denials.add({
      revoked: [{ iss: other, jti: 't1', exp: now + 600 }],
      cutoffs: [{ iss: other, issued_before: now + 1 }],
    })
    assert.equal(denials.size, 0)
    assert.equal(denials.isDenied({ ...token, iss: other }), false)
  })

  it('a cut-off denies what was issued before it and fits all that it names', () => {
    for (const [named, denied, spared] of [
      [{ client_id: 'job' }, {}, { clientId: 'other' }],
      [{ credential_id: 'cred_1' }, {}, { credentialId: 'cred_2' }],
      [{ credential_id: 'cred_1' }, {}, { credentialId: undefined }],
      [{ aud: orders }, { aud: ['https://billing.example.com', orders] }, { aud: 'https://billing.example.com' }],
      [{ client_id: 'job', aud: orders }, {}, { aud: 'https://billing.example.com' }],
      [{ client_id: 'job', credential_id: 'cred_1' }, {}, { clientId: 'other' }],
      [{}, { clientId: 'whoever' }, { iss: 'https://other.example.com' }],
    ] as const) {
      const { denials } = setting()
      denials.add({ revoked: [], cutoffs: [{ iss, ...named, issued_before: now + 1 }] })
      assert.equal(denials.isDenied({ ...token, ...denied }), true, JSON.stringify(named))
      assert.equal(denials.isDenied({ ...token, ...spared }), false, JSON.stringify(named))
      assert.equal(denials.isDenied({ ...token, ...denied, iat: now + 1 }), false)
    }
  })

  it('of two cut-offs of the same tokens the later counts, in whichever order they come, and takes one place', () => {
    for (const times of [
      [now, now + 10],
      [now + 10, now],
    ]) {
      const { denials } = setting()
      denials.add({ revoked: [], cutoffs: times.map((time) => ({ iss, client_id: 'job', issued_before: time })) })
      assert.equal(denials.isDenied({ ...token, iat: now + 9 }), true)
      assert.equal(denials.isDenied({ ...token, iat: now + 10 }), false)
      assert.equal(denials.size, 1)
    }
  })

  it('entries go a minute after exp, cut-offs when no token from before them can be alive', () => {
    const { denials, advance } = setting()
    denials.add({
      revoked: [{ iss, jti: 't1', exp: now + 600 }],
      cutoffs: [{ iss, client_id: 'job', issued_before: now }],
    })
    advance(659)
    assert.equal(denials.size, 2)
    advance(1)
    assert.equal(denials.size, 1)
    advance(2_999)
    assert.equal(denials.size, 1)
    advance(1)
    assert.equal(denials.size, 0)
    denials.add({
      revoked: [{ iss, jti: 't1', exp: now + 600 }],
      cutoffs: [{ iss, client_id: 'job', issued_before: now }],
    })
    assert.equal(denials.size, 0)
  })

  it('says how many there was no room for; a flood of tokens displaces neither cut-offs nor what is held', () => {
    const { denials } = setting(2)
    const revoked = ['a', 'b', 'c', 'a'].map((jti) => ({ iss, jti, exp: now + 600 }))
    assert.equal(denials.add({ revoked, cutoffs: [{ iss, client_id: 'job', issued_before: now + 1 }] }), 1)
    assert.equal(denials.add({ revoked, cutoffs: [] }), 1)
    assert.equal(denials.isDenied({ ...token, clientId: 'other', jti: 'a' }), true)
    assert.equal(denials.isDenied(token), true)
    assert.equal(denials.size, 3)
  })
})
