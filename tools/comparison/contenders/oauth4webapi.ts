/** oauth4webapi: validateJwtAccessToken, which is given the whole request. */
import {
  type AuthorizationServer,
  allowInsecureRequests,
  clockTolerance,
  type JWKSCacheInput,
  jwksCache,
  validateJwtAccessToken,
} from 'oauth4webapi'
import { audience, issuer } from '../../../packages/jwt/src/testing/test_issuer.ts'
import { acceptedAlgorithms, type Contender, toleranceSeconds } from '../contender.ts'

const fetchTimeoutMs = 5_000

export const oauth4webapi: Contender = {
  name: 'oauth4webapi',
  packages: ['oauth4webapi'],
  configuration:
    '`validateJwtAccessToken` with `signingAlgorithms`, `clockTolerance: 5`, a `jwksCache` that is kept, and a `signal` of five seconds; `allowInsecureRequests`, since the issuer here is on loopback',
  notOffered: {
    'proof replay': 'the replay of proofs is left to its user',
    certificates: 'certificate-bound tokens are refused as not supported',
    revocation: 'left to its user',
  },
  open: ({ jwksUri }) => {
    const server: AuthorizationServer = { issuer, jwks_uri: jwksUri }
    const cache: JWKSCacheInput = {}
    return {
      verify: async ({ method, url, headers }) => {
        const request = new Request(url, { method })
        for (const [name, values] of Object.entries(headers)) {
          for (const value of [values].flat()) request.headers.append(name, value)
        }
        await validateJwtAccessToken(server, request, audience, {
          signingAlgorithms: [...acceptedAlgorithms],
          [clockTolerance]: toleranceSeconds,
          [jwksCache]: cache,
          [allowInsecureRequests]: true,
          signal: () => AbortSignal.timeout(fetchTimeoutMs),
        })
      },
    }
  },
}
