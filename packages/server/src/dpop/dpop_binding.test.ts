import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDpopNonces } from '@credence/jwt'
import { OAuthError } from '@credence/protocol'
import { createDpopClient } from '../../../jwt/src/testing/dpop_client.ts'
import type { AuthenticatedClient } from '../client_auth/client_auth_method.ts'
import type { TokenRequest } from '../endpoints/token_request.ts'
import { unbound } from '../policy/sender_binding.ts'
import { createDpopBinding, type DpopBindingDeps, proofTimes } from './dpop_binding.ts'
import { dpopProofsOf } from './dpop_headers.ts'

const tokenEndpoint = 'https://auth.example.com/oauth/token'
const tokenEndpoints = [tokenEndpoint, 'https://mtls.example.com/oauth/token']
const { prove, jkt } = await createDpopClient()

/** A binding on a clock that the test holds. */
const start = (options: Partial<DpopBindingDeps> = {}) => {
  let now = 1_800_000_000
  const clock = { epochSeconds: () => now, monotonicMs: () => now * 1000 }
  const nonces = createDpopNonces({ clock, key: Buffer.alloc(32, 1), rotateAfterSeconds: 120 })
  const read = createDpopBinding({ tokenEndpoints, algorithms: ['ES256'], nonces: undefined, clock, ...options })
  const readWithNonces = createDpopBinding({ tokenEndpoints, algorithms: ['ES256'], clock, nonces })
  const asked = (dpopProofs: readonly string[]) => ({ dpopProofs }) as unknown as TokenRequest
  const client = {} as unknown as AuthenticatedClient
  const proof = (claims: object = {}) => prove({ htm: 'POST', htu: tokenEndpoint, iat: now, ...claims })
  return {
    proof,
    read: (...proofs: readonly string[]) => read(asked(proofs), client),
    readWithNonces: (...proofs: readonly string[]) => readWithNonces(asked(proofs), client),
    advance: (seconds: number) => {
      now += seconds
    },
  }
}

const refusal = (work: () => unknown): OAuthError => {
  try {
    work()
  } catch (error) {
    if (error instanceof OAuthError) return error
    throw error
  }
  return assert.fail('it was accepted')
}

test('RFC 9449 §5: the key of the proof, and a claim that outlives the time in which it would be accepted', () => {
  const { read, proof } = start()
  const { confirmation, replayClaims, dpopNonce } = read(proof({ iat: 1_800_000_010 }))
  assert.deepEqual(confirmation, { jkt })
  assert.equal(dpopNonce, undefined)
  assert.equal(replayClaims.length, 1)
  assert.ok((replayClaims[0]?.expiresAt ?? 0) > 1_800_000_010 + proofTimes.maxAgeSeconds)
  assert.equal(read(), unbound)
})

test('RFC 9449 §4.3, RFC 8705 §5: htu is the token endpoint or its alias for mutual TLS, and no other URL', () => {
  const { read, proof } = start()
  for (const htu of tokenEndpoints) assert.deepEqual(read(proof({ htu })).confirmation, { jkt })
  const { detail } = refusal(() => read(proof({ htu: 'https://other.example.com/oauth/token' })))
  assert.equal(detail, 'dpop_proof_uri')
})

test('RFC 9449 §11.1: the claim is the same for the same proof, and another for every other', () => {
  const { read, proof } = start()
  const entryOf = (text: string) => read(text).replayClaims[0]?.entry
  const one = proof()
  assert.equal(entryOf(one), entryOf(one))
  assert.notEqual(entryOf(one), entryOf(proof()))
  assert.ok((entryOf(one)?.length ?? 0) <= 64)
})

test('FAPI 2.0 §5.4: a proof signed with an algorithm that is not on the list → invalid_dpop_proof', async () => {
  const { prove: prove256 } = await createDpopClient('RS256')
  const proof = prove256({ htm: 'POST', htu: tokenEndpoint, iat: 1_800_000_000 })
  assert.equal(start({ algorithms: ['RS256'] }).read(proof).replayClaims.length, 1)
  const { code, detail } = refusal(() => start({ algorithms: ['ES256', 'PS256'] }).read(proof))
  assert.deepEqual([code, detail], ['invalid_dpop_proof', 'dpop_proof_algorithm'])
})

test('RFC 9449 §8: a nonce is good in its window and the next, and then is asked for again', () => {
  const { readWithNonces, proof, advance } = start()
  const asked = refusal(() => readWithNonces(proof()))
  assert.deepEqual([asked.code, asked.status, asked.detail], ['use_dpop_nonce', 400, undefined])
  const nonce = asked.headers['DPoP-Nonce']
  assert.equal(readWithNonces(proof({ nonce })).dpopNonce, nonce)
  advance(120)
  const { dpopNonce } = readWithNonces(proof({ nonce }))
  assert.notEqual(dpopNonce, nonce)
  advance(120)
  const again = refusal(() => readWithNonces(proof({ nonce })))
  assert.equal(again.code, 'use_dpop_nonce')
  assert.notEqual(again.headers['DPoP-Nonce'], dpopNonce)
  assert.equal(readWithNonces(proof({ nonce: dpopNonce })).confirmation?.jkt, jkt)
})

test('RFC 9449 §4.3: what is wrong with a proof is for its client to know, by code for the log, and never the proof', () => {
  const { read, proof } = start()
  const wrong = proof({ htm: 'GET' })
  const refused = refusal(() => read(wrong))
  assert.deepEqual([refused.code, refused.detail], ['invalid_dpop_proof', 'dpop_proof_method'])
  assert.ok(!refused.message.includes(wrong))
  assert.equal(refusal(() => read(proof(), proof())).detail, 'dpop_proof_repeated')
})

test('RFC 9449 §4.1: every DPoP header, in any case of letters, and no other', () => {
  const rawHeaders = ['Host', 'dpop', 'DPoP', 'one', 'X-DPoP', 'none', 'dpop', 'two']
  assert.deepEqual(dpopProofsOf({ headers: { dpop: 'one, two' }, rawHeaders }), ['one', 'two'])
  assert.deepEqual(dpopProofsOf({ headers: {}, rawHeaders: ['Host', 'dpop'] }), [])
})
