import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseKeySet } from './key_set.ts'
import { createSpiffeBundleFetch, keySetOfSpiffeBundle } from './spiffe_bundle.ts'
import { createTestIssuer, isRefusal } from './testing/test_issuer.ts'

const { jwk } = await createTestIssuer()

describe('SPIFFE trust bundles', () => {
  it('SPIFFE Trust Domain and Bundle §4.2.2: keys of another use are ignored, x509-svid among them', () => {
    const { kid, ...withoutKid } = jwk
    const { use, ...withoutUse } = jwk
    const bundle = {
      spiffe_sequence: 10,
      keys: [
        { ...jwk, use: 'x509-svid' },
        { ...jwk, use: 'JWT-SVID' },
        { ...jwk, use: 'sig' },
        { ...withoutUse },
        { ...withoutKid, use: 'jwt-svid' },
        'no key',
        { ...jwk, use: 'jwt-svid', kid: 'svid-1' },
      ],
    }
    const { keys } = keySetOfSpiffeBundle(bundle)
    assert.deepEqual(keys, [{ ...jwk, use: 'sig', kid: 'svid-1' }])
    assert.equal(parseKeySet({ keys }).keys.size, 1)
    for (const none of [undefined, [], {}, { keys: {} }]) {
      assert.throws(() => keySetOfSpiffeBundle(none), isRefusal('unsuitable_key'))
    }
  })

  it('nowhere else is a key for JWT-SVIDs one for signatures', () => {
    assert.equal(parseKeySet({ keys: [{ ...jwk, use: 'jwt-svid' }] }).keys.size, 0)
  })

  it('§4.1.2: the refresh hint says how long a bundle is kept, before Cache-Control', async () => {
    const fetched = (hint: unknown) =>
      createSpiffeBundleFetch(async () => ({ document: { keys: [], spiffe_refresh_hint: hint }, maxAgeSeconds: 7 }))('')
    assert.equal((await fetched(600)).maxAgeSeconds, 600)
    for (const hint of [undefined, '600', -1]) assert.equal((await fetched(hint)).maxAgeSeconds, 7)
  })
})
