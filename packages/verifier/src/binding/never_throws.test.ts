import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createDpopClient } from '../testing/dpop_client.ts'
import { createTestServer } from '../testing/test_issuer.ts'

const client = await createDpopClient()
const { from, server } = await createTestServer({
  dpop: { requireNonce: true },
  mutualTls: { certificateHeader: { format: 'envoy', trustedProxies: ['0.0.0.0/0', '::/0'] } },
})
const token = await from.sign({ cnf: { jkt: client.jkt } })

const verdict = async (request: Parameters<typeof server.verify>[0]) => {
  const result = await server.verify(request, { all: ['orders:read'] })
  assert.equal(result.ok, false)
  if (!result.ok) assert.ok([400, 401].includes(result.toResponse().status), `${result.status}`)
}

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('', ',', '*', '//', 'DPoP ', '..'))
const anyMembers = fc.dictionary(
  fc.constantFrom('jti', 'htm', 'htu', 'iat', 'ath', 'nonce', 'exp', 'typ', 'alg', 'jwk', 'crit', '__proto__'),
  fc.jsonValue(),
)
const anyJwk = fc.record({
  jwk: fc.dictionary(
    fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'use', 'key_ops', 'alg'),
    fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('EC', 'RSA', 'OKP', 'P-256', 'Ed25519', client.jkt, ...Object.values(client.jwk)),
    ),
  ),
})

describe('verify, as a property', () => {
  it('checklist 36: whatever the headers, the URL and the method are, the answer is a refusal and no exception', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyText, anyText, anyText, async (authorization, dpop, text, method) => {
        for (const value of [authorization, `DPoP ${token}`, `DPoP ${authorization}`]) {
          const headers = { authorization: value, dpop, 'x-forwarded-client-cert': text }
          await verdict({ method, url: text, headers, remoteAddress: text })
        }
      }),
      { numRuns: 300 },
    )
  })

  it('V3, V11: whatever is in a proof, its key above all, the answer is a refusal and no exception', async () => {
    await fc.assert(
      fc.asyncProperty(anyMembers, fc.oneof(anyMembers, anyJwk), async (claims, header) => {
        await verdict(client.request(token, client.prove(token, claims, header)))
      }),
      { numRuns: 500 },
    )
  })
})
