/** Tokens bound to a key of this process: the key, and the proofs that it is held. RFC 9449. */
import {
  allowInsecureRequests,
  type CryptoKeyPair,
  customFetch,
  DPoP,
  type DPoPHandle,
  generateKeyPair,
  modifyAssertion,
  protectedResourceRequest,
} from 'oauth4webapi'
import { TokenError } from '../token_error.ts'

export interface DPoPOptions {
  /** A private key that signs, and its public key, extractable. Default: a new pair, for as long as the token manager lives. */
  readonly key?: CryptoKeyPair | undefined
  /** Of the pair that is generated. Default: ES256. */
  readonly alg?: 'ES256' | 'EdDSA' | 'PS256' | 'RS256' | undefined
}

export interface Prover {
  /** For oauth4webapi's requests to the token endpoint: proofs, and nonces kept from every answer. */
  readonly handle: () => Promise<DPoPHandle>
  /** The proof for a request to a resource server (§7). */
  readonly prove: (request: {
    readonly method: string
    readonly url: URL
    readonly accessToken: string
  }) => Promise<string>
  /** Keeps the nonce of an answer, of whatever status (§8.2), for requests to the same origin. */
  readonly keepNonce: (response: Response, url: URL) => Promise<void>
}

/**
 * @param now epoch seconds by the servers' clock, as far as it is known
 * @throws {TokenError} `invalid_configuration` when the key cannot make proofs
 */
export const createProver = ({ key, alg = 'ES256' }: DPoPOptions, now: () => number): Prover => {
  if (key !== undefined) checkPair(key)
  let making: Promise<DPoPHandle> | undefined

  const make = async () =>
    // a proof is made for one request: its time is that of this manager's clock
    DPoP({}, key ?? (await generateKeyPair(alg === 'EdDSA' ? 'Ed25519' : alg)), {
      [modifyAssertion]: (header, payload) => {
        // the name that servers knew before RFC 9864 and still know
        if (header.alg === 'Ed25519') header.alg = 'EdDSA'
        payload.iat = now()
      },
    })

  const handle = () => {
    making ??= make()
    return making
  }

  /** oauth4webapi makes proofs and keeps nonces inside of its requests only; this one ends before anything is sent. */
  const pretend = async ({ method, url, accessToken }: Parameters<Prover['prove']>[0], answer: Response) => {
    let proof = ''
    await protectedResourceRequest(accessToken, method, url, new Headers(), undefined, {
      DPoP: await handle(),
      [allowInsecureRequests]: true,
      [customFetch]: async (_url, { headers }) => {
        proof = headers.dpop ?? ''
        return answer
      },
    })
    return proof
  }

  return {
    handle,
    prove: (request) => pretend(request, new Response()),
    keepNonce: async (response, url) => {
      const nonce = response.headers.get('dpop-nonce')
      if (nonce === null) return
      await pretend({ method: 'GET', url, accessToken: '-' }, new Response(null, { headers: { 'dpop-nonce': nonce } }))
    },
  }
}

/**
 * Whether a refusal hands out a nonce that the refused proof did not have: then, and only then, one more try makes sense.
 *
 * Does not check: that the refusal was for want of a nonce.
 */
export const hasNewNonce = (response: Response, sentProof: string | null): boolean => {
  const nonce = response.headers.get('dpop-nonce')
  return nonce !== null && sentProof !== null && nonce !== nonceOf(sentProof)
}

const nonceOf = (proof: string): unknown => {
  const payload = atob((proof.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))
  return JSON.parse(payload).nonce
}

const checkPair = ({ privateKey, publicKey }: CryptoKeyPair): void => {
  const isPair =
    privateKey?.type === 'private' &&
    privateKey.usages.includes('sign') &&
    publicKey?.type === 'public' &&
    publicKey.extractable &&
    publicKey.algorithm.name === privateKey.algorithm.name
  if (isPair) return
  throw new TokenError(
    'invalid_configuration',
    'dpop.key must be a CryptoKeyPair: a private key with the usage "sign" and its public key, extractable',
  )
}
