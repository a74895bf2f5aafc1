/** aws-jwt-verify: JwtVerifier for an issuer that is not Cognito. */
import { Agent } from 'node:http'
import { JwtVerifier } from 'aws-jwt-verify'
import { SimpleFetcher } from 'aws-jwt-verify/https'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import { audience, issuer } from '../../../packages/jwt/src/testing/test_issuer.ts'
import { type Contender, toleranceSeconds } from '../contender.ts'

const isAboutTokensAlone = 'it verifies a token; what is in the rest of a request is left to its user'

export const awsJwtVerify: Contender = {
  name: 'aws-jwt-verify',
  packages: ['aws-jwt-verify'],
  configuration:
    '`JwtVerifier.create` with `issuer`, `audience`, `jwksUri` and `graceSeconds: 5`; its own `SimpleFetcher`, given an `http.Agent`, since the issuer here is on loopback. No `customJwtCheck`: what that does would be its user’s work',
  notOffered: {
    PS256: 'not among its algorithms',
    typ: 'it has no option for the type of a token',
    kidless: 'a token without `kid` is refused, as documented',
    'required claims': 'it has no option for claims that must be there',
    proofs: isAboutTokensAlone,
    'proof replay': isAboutTokensAlone,
    certificates: isAboutTokensAlone,
    revocation: 'left to its user',
  },
  open: ({ jwksUri }) => {
    const fetcher = new SimpleFetcher({ defaultRequestOptions: { agent: new Agent() } })
    const verifier = JwtVerifier.create(
      { issuer, audience, jwksUri, graceSeconds: toleranceSeconds },
      { jwksCache: new SimpleJwksCache({ fetcher }) },
    )
    return {
      verify: async ({ token }) => {
        await verifier.verify(token)
      },
    }
  },
}
