/** A platform that signs tokens for its workloads, and a token request that presents one. */
import {
  attachSignature,
  compactSigningInput,
  createSigner,
  encodeHeader,
  generateSigningKeyPair,
  publicJwk,
} from '@credence/jwt'
import { type HttpAnswer, sendHttp } from '../support/http.ts'

export interface TestPlatform {
  readonly jwks: { readonly keys: readonly object[] }
  /** A token with these claims, and times that are right now unless they say otherwise. */
  readonly sign: (claims: object) => string
}

export const createPlatform = async (kid = 'platform-1'): Promise<TestPlatform> => {
  const algorithm = 'RS256'
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const signer = createSigner({ privateKey, algorithm, kid })
  return {
    jwks: { keys: [publicJwk(publicKey, { algorithm, kid })] },
    sign(claims) {
      const iat = Math.floor(Date.now() / 1000)
      const input = compactSigningInput(encodeHeader({ alg: algorithm, typ: 'JWT', kid }), {
        iat,
        exp: iat + 300,
        ...claims,
      })
      return attachSignature(input, signer.sign(input))
    },
  }
}

const bearerType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Asks for a token with an assertion; members of `form` that are undefined are left out. */
export const present = (
  { public: listener }: { readonly public: { readonly url: string } },
  assertion: string,
  form: Readonly<Record<string, string | undefined>> = {},
): Promise<HttpAnswer> => {
  const members = {
    grant_type: 'client_credentials',
    client_id: 'report-job',
    client_assertion_type: bearerType,
    client_assertion: assertion,
    ...form,
  }
  const given = Object.entries(members).filter((member): member is [string, string] => member[1] !== undefined)
  return sendHttp(listener, {
    method: 'POST',
    path: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(given).toString(),
  })
}
