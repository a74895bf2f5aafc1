/** Credence's own verifier, as it comes. */
import { createResourceServer } from '@credence/verifier'
import { audience, issuer } from '../../../packages/jwt/src/testing/test_issuer.ts'
import type { Contender } from '../contender.ts'

export const credence: Contender = {
  name: 'Credence',
  packages: ['@credence/verifier'],
  configuration:
    '`createResourceServer` with `resource`, `issuers: [{ issuer, jwksUri }]`, `dpop: {}`, and for revocation a function that knows what is revoked; `allowPrivateAddresses`, since the issuer here is on loopback',
  notOffered: {},
  open: ({ jwksUri, revokedJtis }) => {
    const api = createResourceServer({
      resource: audience,
      issuers: [{ issuer, jwksUri, allowPrivateAddresses: true }],
      dpop: {},
      revocation: ({ jti }) => jti !== undefined && revokedJtis?.has(jti) === true,
    })
    return {
      verify: async ({ method, url, headers, certificate: raw }) => {
        const { pathname, search, host } = new URL(url)
        const result = await api.verify({
          method,
          url: pathname + search,
          headers: { host, ...headers },
          certificate: raw && { raw },
        })
        // a defect is not a refusal: verify throws it, and V3 has it that a bad token never becomes one
        if (!result.ok) throw new Error(`${result.status} ${result.code}`)
      },
    }
  },
}
