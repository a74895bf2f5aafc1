/** What the issuer says about itself, and whether it can be true. RFC 8414 §3. */
import { isSecureUrl } from '@credence/protocol'
import {
  type BoundedAnswer,
  type BoundedRequest,
  parseObject,
  sendBounded,
  Unreachable,
} from '../provider/bounded_http.ts'
import { metadataPlaces } from '../provider/introspect_token.ts'
import type { AuthMethod } from '../provider/provider_options.ts'
import { type Found, fail, good, Skipped, warn } from './finding.ts'

export type Metadata = Readonly<Record<string, unknown>>

export interface MetadataAnswers {
  /** Any answer at all: it tells the time. */
  readonly answer: BoundedAnswer
  readonly document: Metadata | undefined
}

/** By the fetch that the client's authentication brings, where it does: it knows who is trusted to be the server. */
export type ReadHow = Required<Pick<BoundedRequest, 'fetch' | 'signal'>>

/** Asks at both places at once. */
export const readMetadata = async (issuer: string, how: ReadHow): Promise<Found<MetadataAnswers>> => {
  const places = metadataPlaces(issuer)
  const settled = await Promise.allSettled(places.map((place) => sendBounded(place, how)))
  const answers = settled.map((result) => (result.status === 'fulfilled' ? result.value : undefined))
  const index = answers.findIndex((answer) => answer?.status === 200 && parseObject(answer.text) !== undefined)
  const [answer = settled.find((result) => result.status === 'fulfilled')?.value] = answers
  const chosen = answers[index] ?? answer
  if (chosen === undefined) return explainSilence(settled)
  const document = answers[index] && parseObject(answers[index].text)
  if (document === undefined) {
    return fail(
      {
        code: 'no_metadata',
        found: `no document: ${places.map((place, at) => `${new URL(place).pathname} answered ${answers[at]?.status ?? 'nothing'}`).join(', ')}`,
        advice:
          'is the issuer the right one, with its path and without /.well-known? Where there is none, give --token-endpoint',
      },
      { answer: chosen, document },
    )
  }
  return good(`${index === 0 ? 'RFC 8414' : 'OpenID Connect'}, ${places[index]}`, { answer: chosen, document })
}

const explainSilence = (settled: readonly PromiseSettledResult<unknown>[]): Found<never> => {
  const reason: unknown = settled.find((result) => result.status === 'rejected')?.reason
  const { code, message } = reason instanceof Unreachable ? reason : { code: 'network_error', message: 'failed' }
  return fail({
    code,
    found: `no answer to HTTP: ${message}`,
    advice: 'the port is open, and what is behind it does not speak HTTP, is overloaded, or hangs',
  })
}

export const documentOf = ({ document }: MetadataAnswers): Metadata => {
  if (document === undefined) throw new Skipped('no_metadata', 'there is no metadata document')
  return document
}

export const checkIssuer = async (document: Metadata, issuer: string): Promise<Found<true>> => {
  const { issuer: found } = document
  if (found === issuer) return good(`${issuer}, the same in the document`, true)
  if (typeof found !== 'string') {
    return fail({
      code: 'no_issuer',
      found: 'the document names no issuer',
      advice: 'whoever runs the server has to mend it',
    })
  }
  const isSlash = found.replace(/\/$/, '') === issuer.replace(/\/$/, '')
  return fail({
    code: 'issuer_mismatch',
    found: isSlash
      ? `the document says ${found}, ${found.endsWith('/') ? 'with' : 'without'} a slash at the end`
      : `the document says ${found}`,
    advice: `give the issuer as it is there, also to the APIs that verify tokens: ${found}; or, if it is wrong there, tell the server its public URL (Credence: credence serve --issuer)`,
  })
}

export const checkTokenEndpoint = async (
  document: Metadata | undefined,
  { issuer, tokenEndpoint }: { readonly issuer: string; readonly tokenEndpoint?: string | undefined },
): Promise<Found<string>> => {
  const named = document?.token_endpoint
  const endpoint = tokenEndpoint ?? (typeof named === 'string' ? named : undefined)
  const url = endpoint === undefined ? null : URL.parse(endpoint)
  if (url === null) {
    return fail({ code: 'no_token_endpoint', found: 'none is named', advice: 'give it by --token-endpoint' })
  }
  if (!isSecureUrl(url)) {
    return fail({
      code: 'insecure_url',
      found: `${url.href} is plain http`,
      advice: 'no credential is sent there: use https',
    })
  }
  if (tokenEndpoint === undefined && url.origin !== new URL(issuer).origin) {
    return fail({
      code: 'untrusted_endpoint',
      found: `the document names one on another host: ${url.origin}`,
      advice: `if that is right, say so: --token-endpoint ${url.href}`,
    })
  }
  if (tokenEndpoint !== undefined && typeof named === 'string' && named !== tokenEndpoint) {
    return warn(
      {
        code: 'other_token_endpoint',
        found: `${tokenEndpoint} is used, and the document names ${named}`,
        advice: 'one of the two may be of an older version or another tenant',
      },
      tokenEndpoint,
    )
  }
  return good(url.href, url.href)
}

/** How a token request ended, as far as grant and method are concerned. */
export interface RequestOutcome {
  readonly gotToken: boolean
  readonly code: string | undefined
}

export const checkGrant = async (
  document: Metadata | undefined,
  grantType: string,
  outcome: RequestOutcome | undefined,
): Promise<Found<true>> => {
  const advice =
    'turn the client credentials grant on for this client at the provider (Keycloak calls it service accounts)'
  if (outcome?.code === 'unauthorized_client' || outcome?.code === 'unsupported_grant_type') {
    return fail({ code: outcome.code, found: `${grantType} is refused to this client`, advice })
  }
  return checkListed(document?.grant_types_supported, grantType, { code: 'grant_not_listed', advice, outcome })
}

export const checkAuthMethod = async (
  document: Metadata | undefined,
  method: AuthMethod | undefined,
  outcome: RequestOutcome | undefined,
): Promise<Found<true>> => {
  if (method === undefined) throw new Skipped('not_needed', 'the grant itself proves who asks')
  const advice = 'choose another by --auth, and set the client to it at the provider'
  const wireName = method === 'federated' ? 'private_key_jwt' : method
  return checkListed(document?.token_endpoint_auth_methods_supported, wireName, {
    code: 'auth_method_not_listed',
    advice,
    outcome,
  })
}

interface Listed {
  readonly code: string
  readonly advice: string
  readonly outcome: RequestOutcome | undefined
}

/** A list in metadata is often not whole: what works is a warning at most. */
const checkListed = (list: unknown, wanted: string, { code, advice, outcome }: Listed): Found<true> => {
  if (!Array.isArray(list)) return good(`${wanted}; the metadata do not say`, true)
  if (list.includes(wanted)) return good(wanted, true)
  const fault = {
    code,
    found: `${wanted} is not among ${list.filter((name) => typeof name === 'string').join(', ')}`,
    advice,
  }
  return outcome?.gotToken === true ? warn({ ...fault, advice: 'it works all the same' }, true) : fail(fault, true)
}
