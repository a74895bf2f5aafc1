/** Bearer tokens: good ones, which every library must accept, and the bad ones of cases V and K3, each with one fault. */
import { type BadToken, createBadTokens } from '../../packages/jwt/src/testing/bad_tokens.ts'
import { audience, createTestIssuer, type TestIssuer } from '../../packages/jwt/src/testing/test_issuer.ts'
import { bearerRequest, type Case } from './cases.ts'
import type { Feature } from './contender.ts'
import { reasonFor } from './reasons.ts'

const clock = {
  epochSeconds: () => Math.floor(Date.now() / 1000),
  monotonicMs: () => performance.now(),
  advance: () => {},
}

export const createIssuer = (algorithm: TestIssuer['algorithm'] = 'ES256'): Promise<TestIssuer> =>
  createTestIssuer(algorithm, clock)

export const createTokenCases = async (): Promise<readonly Case[]> => {
  const es256 = await createIssuer()
  return [...(await createGoodCases(es256)), ...(await createBadTokens(es256)).map(toBadCase)]
}

interface Good {
  readonly token: string
  readonly why: string
  readonly keys?: readonly unknown[]
  readonly needs?: Feature
}

const createGoodCases = async (es256: TestIssuer): Promise<readonly Case[]> => {
  const [rs256, ps256, eddsa] = await Promise.all([createIssuer('RS256'), createIssuer('PS256'), createIssuer('EdDSA')])
  const good: Readonly<Record<string, Good>> = {
    ES256: { token: es256.sign(), why: 'What Credence signs with unless told otherwise' },
    RS256: { token: rs256.sign(), keys: [rs256.jwk], why: 'RFC 9068 §2.1: every resource server must support it' },
    PS256: {
      token: ps256.sign(),
      keys: [ps256.jwk],
      needs: 'PS256',
      why: 'One of the three that the FAPI 2.0 profile allows',
    },
    EdDSA: {
      token: eddsa.sign(),
      keys: [eddsa.jwk],
      needs: 'EdDSA',
      why: 'Another of the three; short keys',
    },
    'several audiences': {
      token: es256.sign({ aud: ['https://invoices.example.com', audience] }),
      why: 'RFC 7519 §4.1.3: `aud` may be an array',
    },
    'typ application/at+jwt': {
      token: es256.sign({}, { typ: 'application/at+jwt' }),
      why: 'RFC 9068 §4 names both forms',
    },
    'typ AT+JWT': { token: es256.sign({}, { typ: 'AT+JWT' }), why: 'RFC 7515 §4.1.9: media types ignore case' },
    'x5c in the header': {
      token: es256.sign({}, { x5c: ['MIIB'] }),
      why: 'Some issuers send it with honest tokens; ignoring it is enough',
    },
    'no kid, and one key': {
      token: es256.sign({}, { kid: undefined }),
      needs: 'kidless',
      why: 'RFC 7515 §4.1.4: `kid` is optional',
    },
    'a key of a kind yet unknown beside ours': {
      token: es256.sign(),
      keys: [{ kty: 'AKP', alg: 'ML-DSA-44', kid: 'pq', pub: 'AAAA' }, es256.jwk],
      why: 'RFC 7517 §5: keys that are not understood are ignored, or an issuer could never introduce one',
    },
    'a key for encryption with the same kid': {
      token: es256.sign(),
      keys: [{ ...rs256.jwk, use: 'enc', alg: 'RSA-OAEP' }, es256.jwk],
      why: 'RFC 7517 §4.5: a `kid` may be shared by keys of different types; this one is for something else',
    },
    'exp with a fraction': {
      token: es256.sign({ exp: es256.claims.exp + 0.5 }),
      why: 'RFC 7519 §2: a NumericDate need not be whole',
    },
    'iat two seconds ahead': {
      token: es256.sign({ iat: es256.claims.iat + 2 }),
      why: 'Clocks differ; five seconds are allowed for',
    },
  }
  return Object.entries(good).map(([name, { token, why, needs, keys = [es256.jwk] }]) => ({
    name: `good: ${name}`,
    must: 'accept',
    why,
    keys,
    ...(needs && { needs }),
    ask: (verifier) => verifier.verify(bearerRequest(token)),
  }))
}

const toBadCase = ({ name, token, keys }: BadToken): Case => {
  const needs = neededFor(name)
  return {
    name,
    must: 'refuse',
    why: reasonFor(name),
    keys,
    ...(needs && { needs }),
    ask: (verifier) => verifier.verify(bearerRequest(token)),
  }
}

const neededFor = (name: string): Feature | undefined => {
  if (name.startsWith('V5: ')) return 'typ'
  return /^V(?:9|10): no (?!aud)|^V10: (?:client_id|jti) /.test(name) ? 'required claims' : undefined
}
