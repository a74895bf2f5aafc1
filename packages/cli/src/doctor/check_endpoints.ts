/** Introspection and revocation, where the issuer has them. RFC 7662, RFC 7009. */
import { TokenError, type TokenManagerOptions } from '@credence/client'
import { isSecureUrl } from '@credence/protocol'
import { parseObject, Unreachable } from '../provider/bounded_http.ts'
import { sendAsClient } from '../provider/introspect_token.ts'
import type { Metadata } from './check_metadata.ts'
import { type Found, fail, good, Skipped, warn } from './finding.ts'

export interface EndpointSettings {
  readonly options: TokenManagerOptions
  readonly signal: AbortSignal
}

export const checkIntrospection = async (
  metadata: Metadata,
  token: string,
  settings: EndpointSettings,
): Promise<Found<true>> => {
  const endpoint = endpointOf(metadata, 'introspection_endpoint', settings)
  if (typeof endpoint !== 'string') return endpoint
  return ask(async () => {
    const { status, text } = await sendAsClient(endpoint, { token, token_type_hint: 'access_token' }, settings)
    const active = status === 200 ? parseObject(text)?.active : undefined
    if (active === true) return good('the issuer calls the token active', true)
    if (active === false) {
      return good('it answers; this client may not ask about its own token, which is for the API to do', true)
    }
    return warn(
      {
        code: 'introspection_refused',
        found: `${endpoint} answered ${status}`,
        advice: 'an API that asks there needs a client of its own that may',
      },
      true,
    )
  })
}

/** A token that is none: RFC 7009 §2.2 "invalid tokens do not cause an error response". Nothing is revoked. */
export const checkRevocation = async (metadata: Metadata, settings: EndpointSettings): Promise<Found<true>> => {
  const endpoint = endpointOf(metadata, 'revocation_endpoint', settings)
  if (typeof endpoint !== 'string') return endpoint
  return ask(async () => {
    const { status } = await sendAsClient(endpoint, { token: 'credence-doctor-no-token' }, settings)
    if (status === 200) return good('it answers; nothing was revoked', true)
    return warn(
      {
        code: 'revocation_refused',
        found: `${endpoint} answered ${status} to a token that is none, where RFC 7009 has 200`,
        advice: 'try it with a token of yours before you need it',
      },
      true,
    )
  })
}

/** The endpoint, or why it is not asked. */
const endpointOf = (metadata: Metadata, name: string, { options }: EndpointSettings): string | Found<true> => {
  const { [name]: named } = metadata
  if (named === undefined) throw new Skipped('not_advertised', 'the metadata name none')
  const url = typeof named === 'string' ? URL.parse(named) : null
  // One who can alter the document must not be able to send the credential elsewhere: who is trusted is not read from it.
  const origins = [options.issuer, options.tokenEndpoint ?? options.issuer].map((trusted) => new URL(trusted).origin)
  if (url !== null && isSecureUrl(url) && origins.includes(url.origin)) return url.href
  return warn(
    {
      code: 'untrusted_endpoint',
      found: `the metadata name one on another host, or not https: ${url?.origin ?? 'no URL'}`,
      advice: 'no credential was sent there; name it to your API yourself if it is right',
    },
    true,
  )
}

const ask = async (work: () => Promise<Found<true>>): Promise<Found<true>> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Unreachable || error instanceof TokenError) {
      return fail({ code: error.code, found: error.message, advice: 'it is advertised and cannot be used from here' })
    }
    throw error
  }
}
