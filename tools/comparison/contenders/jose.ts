/** jose: jwtVerify with a remote key set. */
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { audience, issuer } from '../../../packages/jwt/src/testing/test_issuer.ts'
import { acceptedAlgorithms, type Contender, requiredClaims, toleranceSeconds } from '../contender.ts'

const isAboutTokensAlone = 'it verifies a token; what is in the rest of a request is left to its user'

export const jose: Contender = {
  name: 'jose',
  packages: ['jose'],
  configuration:
    '`jwtVerify` with `createRemoteJWKSet`, `issuer`, `audience`, `typ: "at+jwt"`, `algorithms`, `requiredClaims` (the seven of RFC 9068) and `clockTolerance: 5`',
  notOffered: {
    proofs: isAboutTokensAlone,
    'proof replay': isAboutTokensAlone,
    certificates: isAboutTokensAlone,
    revocation: 'left to its user',
  },
  open: ({ jwksUri }) => {
    const keys = createRemoteJWKSet(new URL(jwksUri))
    const options = {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: [...acceptedAlgorithms],
      requiredClaims: [...requiredClaims],
      clockTolerance: toleranceSeconds,
    }
    return {
      verify: async ({ token }) => {
        await jwtVerify(token, keys, options)
      },
    }
  },
}
