/** One call of an issuer's introspection endpoint. RFC 7662 §2.1, RFC 9701 §4. */
import {
  createGuardedRequest,
  discoverIntrospectionEndpoint,
  type FetchDocument,
  parseJsonObject,
  reachFor,
} from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import { type IntrospectionAnswer, parseAnswer } from './introspection_answer.ts'
import type { IntrospectionAuthorization, IntrospectionOptions } from './introspection_options.ts'
import { openSignedAnswer, type SignedAnswerExpectations, signedAnswerMediaType } from './signed_answer.ts'

export interface IntrospectionIssuer extends Pick<SignedAnswerExpectations, 'issuer' | 'keys' | 'algorithms'> {
  readonly allowPrivateAddresses?: boolean | undefined
}

export interface IntrospectionCallSettings {
  readonly fetchDocument: FetchDocument
  readonly clock: Clock
  readonly clockToleranceSeconds: number
}

const maxConnections = 16
/** After metadata could not be had, nobody asks for it again for this long. */
const discoveryCooldownMs = 5_000
/** How long an endpoint that was found is used before metadata is read again. */
const discoveryMs = 3_600_000

const json = { mediaType: /^application\/json\s*(?:;|$)/i, mediaTypeName: 'application/json' }
const signedJwt = {
  mediaType: /^application\/token-introspection\+jwt\s*(?:;|$)/i,
  mediaTypeName: signedAnswerMediaType,
}

/** @throws {Error} whenever the issuer cannot be asked or does not answer as it must. Holds neither token nor secret. */
export type CallIntrospection = (token: string) => Promise<IntrospectionAnswer>

export const createIntrospectionCall = (
  trusted: IntrospectionIssuer,
  options: IntrospectionOptions,
  settings: IntrospectionCallSettings,
): CallIntrospection => {
  const { issuer, keys, algorithms, allowPrivateAddresses = false } = trusted
  const { clientId, signed = false } = options
  const { clock, clockToleranceSeconds } = settings
  const reach = reachFor(options.endpoint ?? issuer, { allowPrivateAddresses })
  const send = createGuardedRequest({ reach, maxConnections })
  const findEndpoint = createEndpointFinder(issuer, options, settings)

  return async (token) => {
    const [endpoint, authorization] = await Promise.all([findEndpoint(), authorize(options)])
    const { headers = {}, parameters = {} } = authorization
    const answer = await send(endpoint, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/x-www-form-urlencoded',
        accept: signed ? signedAnswerMediaType : 'application/json',
      },
      body: new URLSearchParams({ token, token_type_hint: 'access_token', ...parameters }).toString(),
      ...(signed ? signedJwt : json),
    })
    if (!signed) return parseAnswer(parseJsonObject(answer.body))
    const now = clock.epochSeconds()
    const expected = { issuer, clientId, keys, algorithms, now, clockToleranceSeconds }
    return parseAnswer(await openSignedAnswer(answer.body, expected))
  }
}

const authorize = async (options: IntrospectionOptions): Promise<IntrospectionAuthorization> => {
  const { authorize: byFunction, clientId, clientSecret } = options
  if (byFunction !== undefined) return byFunction()
  const secret = typeof clientSecret === 'function' ? await clientSecret() : clientSecret
  if (typeof secret !== 'string' || secret === '') throw new Error('there is no client secret to ask the issuer with')
  // RFC 6749 §2.3.1: id and secret are form-encoded before they become a user and a password
  const pair = `${encodeForm(clientId)}:${encodeForm(secret)}`
  return { headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }
}

const encodeForm = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)

/** The endpoint as configured, or as found: one look at a time, and after a failure not at once again. */
const createEndpointFinder = (
  issuer: string,
  { endpoint }: IntrospectionOptions,
  { fetchDocument, clock }: IntrospectionCallSettings,
): (() => Promise<string>) => {
  if (endpoint !== undefined) return async () => endpoint
  let found: Promise<string> | undefined
  let untilMs = Number.NEGATIVE_INFINITY
  return () => {
    if (found !== undefined && clock.monotonicMs() < untilMs) return found
    untilMs = clock.monotonicMs() + discoveryMs
    const attempt = discoverIntrospectionEndpoint(issuer, fetchDocument)
    attempt.catch(() => {
      untilMs = clock.monotonicMs() + discoveryCooldownMs
    })
    found = attempt
    return attempt
  }
}
