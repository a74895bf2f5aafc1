/** A fetch that proves, request by request, that the key of a DPoP-bound token is held. RFC 9449 §7. */
import { parseChallenges } from '@credence/protocol'
import type { Fetch } from './bounded_fetch.ts'
import { hasNewNonce, type Prover } from './dpop.ts'
import { canSendAgain } from './sendable.ts'

/**
 * Adds a proof to every request that is authorized by the scheme DPoP; others pass as they are.
 *
 * Where the resource server asks for a nonce and gives one that was not used, the request is sent once more with it, unless its
 * body is gone. A redirect is returned as it came, never followed: a proof is for one URL, and the header DPoP would go
 * along to any origin.
 *
 * @see RFC 9449 §7.1, §9
 */
export const createProvingFetch =
  (fetch: Fetch, prover: Prover): Fetch =>
  async (input, init) => {
    const isRequest = typeof input !== 'string' && !(input instanceof URL)
    const headers = new Headers(init?.headers ?? (isRequest ? input.headers : undefined))
    const accessToken = /^DPoP ([\x21-\x7e]+)$/.exec(headers.get('authorization') ?? '')?.[1]
    if (accessToken === undefined) return fetch(input, init)
    const url = new URL(isRequest ? input.url : input)
    const method = (init?.method ?? (isRequest ? input.method : 'GET')).toUpperCase()

    const send = async () => {
      const proof = await prover.prove({ method, url, accessToken })
      headers.set('dpop', proof)
      const response = await fetch(input, {
        ...init,
        headers,
        redirect: init?.redirect === 'error' ? 'error' : 'manual',
      })
      if (hasNewNonce(response, proof)) await prover.keepNonce(response, url)
      return { response, proof }
    }

    const { response, proof } = await send()
    if (!asksForNonce(response) || !hasNewNonce(response, proof) || !canSendAgain(input, init)) return response
    await response.body?.cancel()
    return (await send()).response
  }

const asksForNonce = ({ status, headers }: Response): boolean =>
  status === 401 &&
  parseChallenges(headers.get('www-authenticate') ?? '').some(
    ({ scheme, parameters }) => scheme.toLowerCase() === 'dpop' && parameters.error === 'use_dpop_nonce',
  )
