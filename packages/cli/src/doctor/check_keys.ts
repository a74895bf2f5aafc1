/** The issuer's keys, and whether the token is good by them. RFC 7517, RFC 9068 §4. */
import {
  createLocalKeySet,
  decodeCompactJws,
  JwtError,
  type ParsedKeySet,
  parseKeySet,
  type VerificationKey,
} from '@credence/jwt'
import { isSecureUrl } from '@credence/protocol'
import { type BoundedAnswer, parseObject, sendBounded, Unreachable } from '../provider/bounded_http.ts'
import type { ProviderName } from '../provider/provider_options.ts'
import { type Claims, verifyToken } from '../provider/verify_token.ts'
import { count } from './check_local_server.ts'
import type { Metadata, ReadHow } from './check_metadata.ts'
import type { TokenForm } from './check_token.ts'
import { type Found, fail, good, Skipped, warn } from './finding.ts'

export interface KeysFound {
  readonly parsed: ParsedKeySet
  readonly document: object
}

/** The strict reader of key sets goes no further either. */
const jsonType = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i

export const checkKeySet = async (metadata: Metadata, how: ReadHow): Promise<Found<KeysFound>> => {
  const { jwks_uri: named } = metadata
  const url = typeof named === 'string' ? URL.parse(named) : null
  if (url === null) {
    return fail({
      code: 'no_jwks_uri',
      found: 'the metadata name no key set',
      advice: 'APIs can verify no signature: they have to be told where the keys are, or ask by introspection',
    })
  }
  if (!isSecureUrl(url)) {
    return fail({
      code: 'insecure_url',
      found: `${url.href} is plain http`,
      advice: 'keys that anybody can change prove nothing',
    })
  }
  try {
    return readKeySet(await sendBounded(url.href, how), url)
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
    return fail({
      code: error.code,
      found: `${url.href}: ${error.message}`,
      advice: 'APIs cannot verify tokens without it',
    })
  }
}

const readKeySet = ({ status, headers, text }: BoundedAnswer, url: URL): Found<KeysFound> => {
  const document = parseObject(text)
  const type = headers.get('content-type') ?? 'none'
  if (status !== 200 || document === undefined) {
    const found = `${url.href} answered ${status}${status === 200 ? ', and no JSON object' : ''}`
    return fail({ code: 'no_key_set', found, advice: 'whoever runs the server has to mend it: APIs refuse all tokens' })
  }
  if (!jsonType.test(type)) {
    return fail({
      code: 'wrong_content_type',
      found: `the key set comes as ${type.slice(0, 60)}, not as JSON`,
      advice: 'have it served as application/jwk-set+json or application/json: strict verifiers refuse it',
    })
  }
  return describeKeySet(parse(document), document)
}

const parse = (document: object): ParsedKeySet | JwtError => {
  try {
    return parseKeySet(document)
  } catch (error) {
    if (error instanceof JwtError) return error
    throw error
  }
}

const describeKeySet = (parsed: ParsedKeySet | JwtError, document: object): Found<KeysFound> => {
  if (parsed instanceof JwtError) {
    return fail({ code: 'no_key_set', found: parsed.message, advice: 'whoever runs the server has to mend it' })
  }
  const { keys, skipped } = parsed
  const odd = skipped.map(({ kid, reason }) => `${kid?.slice(0, 24) ?? 'one without kid'}: ${reason}`).join('; ')
  if (keys.size === 0) {
    return fail({
      code: 'no_usable_key',
      found: skipped.length === 0 ? 'the key set is empty' : `no key can be used: ${odd}`,
      advice:
        'APIs refuse all tokens until there is a key: RSA of 2048 bits and more, EC P-256 or Ed25519, with use sig',
    })
  }
  const algorithms = [...new Set([...keys].map(({ algorithm }) => algorithm.name))].join(', ')
  const found = `${count(keys.size, 'usable key')} (${algorithms})`
  // keys for encryption have their place in a key set
  const weak = skipped.filter(({ reason }) => !/its use is 'enc'/.test(reason))
  if (weak.length === 0)
    return good(skipped.length === 0 ? found : `${found}, ${skipped.length} for other uses`, { parsed, document })
  return warn(
    {
      code: 'odd_keys',
      found: `${found}; not used: ${odd}`,
      advice: 'tokens signed by those are refused: have them replaced',
    },
    { parsed, document },
  )
}

export const checkSigningKey = async (
  { text, jwt }: TokenForm,
  { parsed }: KeysFound,
): Promise<Found<VerificationKey>> => {
  if (jwt === undefined) throw new Skipped('opaque_token', 'the token is opaque')
  try {
    const { header } = decodeCompactJws(text)
    const key = parsed.find(header.kid, header.algorithm)
    if (key !== undefined)
      return good(header.kid === undefined ? 'the only one that fits' : header.kid.slice(0, 60), key)
    return fail({
      code: 'unknown_key',
      found: `the key set has no key ${header.kid?.slice(0, 60) ?? 'that fits a token without kid'}`,
      advice: 'the token is by another issuer or tenant, or the key set is cached somewhere since before a rotation',
    })
  } catch (error) {
    if (!(error instanceof JwtError)) throw error
    return fail({
      code: error.code,
      found: error.message,
      advice: 'verifiers refuse such a token: have the provider sign with ES256, RS256, PS256 or EdDSA',
    })
  }
}

export const checkSignature = async ({ text }: TokenForm, key: VerificationKey): Promise<Found<true>> => {
  const { header, signingInput, signature } = decodeCompactJws(text)
  if (key.algorithm === header.algorithm && key.verify(signingInput, signature)) return good(key.algorithm.name, true)
  return fail({
    code: 'bad_signature',
    found: `the signature is not that of the key, which is for ${key.algorithm.name}`,
    advice: 'token and key set are of two servers: does a load balancer mix environments?',
  })
}

export interface VerifierSettings {
  readonly issuer: string
  readonly provider: ProviderName | undefined
  readonly audience: string | undefined
}

export const checkVerifier = async (
  { text, jwt }: TokenForm,
  { document }: KeysFound,
  { issuer, provider, audience }: VerifierSettings,
): Promise<Found<true>> => {
  const verdict = await verifyToken(text, {
    issuer: issuerOf(jwt?.claims ?? {}, issuer, provider),
    provider,
    audience,
    keys: createLocalKeySet(document),
    isTrusted: true,
  })
  const how = provider === undefined || provider === 'generic' ? 'as RFC 9068 has it' : `by the profile ${provider}`
  if (!verdict.ok) {
    const advice = `an API has to be set up for it: createResourceServer({ issuers: [{ issuer: '${issuer}' … }] })`
    return fail({ code: verdict.code, found: verdict.message, advice })
  }
  if (verdict.isLegacy) {
    const found = 'accepted as jwt-legacy only: its typ is not at+jwt'
    return warn(
      { code: 'legacy_type', found, advice: "give the API typ: 'jwt-legacy', or a profile (--provider)" },
      true,
    )
  }
  return good(verdict.isBound ? `accepted ${how}, with proof of the key it is bound to` : `accepted ${how}`, true)
}

/** Entra signs for APIs of version 1.0 under another name, by the same keys. */
const issuerOf = ({ iss }: Claims, issuer: string, provider: ProviderName | undefined): string =>
  provider === 'entra' && typeof iss === 'string' && iss.startsWith('https://sts.windows.net/') ? iss : issuer
