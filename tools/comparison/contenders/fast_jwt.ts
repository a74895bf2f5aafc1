/** fast-jwt: createVerifier, with get-jwks for the key set as its documentation has it. */
import { createVerifier } from 'fast-jwt'
import buildGetJwks from 'get-jwks'
import { audience, issuer } from '../../../packages/jwt/src/testing/test_issuer.ts'
import { acceptedAlgorithms, type Contender, requiredClaims, toleranceSeconds } from '../contender.ts'

/** As fast-jwt has it; get-jwks is to find nothing for what is no string. */
interface DecodedToken {
  readonly header: Readonly<Record<string, string>>
}

const isAboutTokensAlone = 'it verifies a token; what is in the rest of a request is left to its user'

export const fastJwt: Contender = {
  name: 'fast-jwt',
  packages: ['fast-jwt', 'get-jwks'],
  configuration:
    '`createVerifier` with `algorithms`, `allowedIss`, `allowedAud`, `requiredClaims` (the seven of RFC 9068), `checkTyp: "at+jwt"`, `clockTolerance: 5000`, `cache: true`, and get-jwks for the key by `kid` and `alg`',
  notOffered: {
    EdDSA: 'get-jwks makes no key of an Ed25519 JWK',
    proofs: isAboutTokensAlone,
    'proof replay': isAboutTokensAlone,
    certificates: isAboutTokensAlone,
    revocation: 'left to its user',
  },
  open: ({ jwksUri }) => {
    const { origin, pathname } = new URL(jwksUri)
    const getJwks = buildGetJwks({ jwksPath: pathname })
    const verify = createVerifier({
      key: async ({ header: { kid, alg } }: DecodedToken) => getJwks.getPublicKey({ kid, alg, domain: origin }),
      algorithms: [...acceptedAlgorithms],
      allowedIss: issuer,
      allowedAud: audience,
      requiredClaims: [...requiredClaims],
      checkTyp: 'at+jwt',
      clockTolerance: toleranceSeconds * 1000,
      cache: true,
    })
    return {
      verify: async ({ token }) => {
        await verify(token)
      },
    }
  },
}
