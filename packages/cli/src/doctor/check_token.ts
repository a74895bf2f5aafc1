/** A token request with what was given, and whether what came is what was asked for. RFC 6749 §4.4, §5. */
import { type AccessToken, createTokenManager, TokenError, type TokenManagerOptions } from '@credence/client'
import { type Claims, readClaims, readHeader } from '../provider/verify_token.ts'
import { formatDuration } from '../terminal/times.ts'
import { type Found, fail, good, warn } from './finding.ts'

/** Either of the two. */
export interface TokenOutcome {
  readonly token?: AccessToken
  readonly error?: TokenError
}

export const requestToken = async (options: TokenManagerOptions): Promise<TokenOutcome> => {
  try {
    const manager = createTokenManager({ ...options, timeoutMs: 5_000, retry: { maxAttempts: 1 } })
    return { token: await manager.getToken() }
  } catch (error) {
    if (error instanceof TokenError) return { error }
    throw error
  }
}

/** By codes that are told by other checks: the client was let in. */
const laterCodes = new Set(['invalid_scope', 'invalid_target', 'unauthorized_client', 'unsupported_grant_type'])

const advices: Readonly<Record<string, string>> = {
  invalid_client:
    'compare client id and secret, to the letter, with those at the provider; some do not tell an unknown client from a wrong secret',
  network_error: 'the token endpoint cannot be reached from here, though the issuer can: is it another host?',
  timeout: 'the token endpoint does not answer: look at the provider’s status page',
  malformed_response: 'what answers is no OAuth 2.0 server: a proxy, a login page, or the wrong path',
  temporarily_unavailable: 'come back later, and ask less often: keep tokens until they expire',
  credential_unavailable: 'the file or variable that the credential is in cannot be used',
}

export const checkCredentials = async ({ token, error }: TokenOutcome): Promise<Found<true>> => {
  if (token !== undefined) return good(`accepted: a ${token.tokenType} token`, true)
  if (error === undefined) throw new Error('a request ends one way or the other')
  if (laterCodes.has(error.code)) return good(`accepted, and then refused: ${error.code}`, true)
  return fail({
    code: error.code,
    found: error.message,
    advice: advices[error.code] ?? 'the message is the provider’s: its documentation has more',
  })
}

export const checkScope = async (
  { token, error }: TokenOutcome,
  asked: readonly string[],
): Promise<Found<readonly string[]>> => {
  if (error?.code === 'invalid_scope') {
    return fail({
      code: 'invalid_scope',
      found: error.message,
      advice: 'grant the scope to the client at the provider, or ask for what is granted',
    })
  }
  const claims = readClaims(token?.accessToken ?? '')
  const granted = scopesOf(token?.scope ?? claims.scope ?? claims.scp ?? claims.roles)
  const missing = asked.filter((scope) => !granted.includes(scope) && !scope.endsWith('/.default'))
  const found = granted.length === 0 ? 'none' : granted.join(' ')
  if (missing.length > 0 && granted.length > 0) {
    return fail({
      code: 'scope_not_granted',
      found: `asked for ${asked.join(' ')}, granted ${found}: ${missing.join(' ')} is missing`,
      advice: 'the provider dropped it without a word: grant it to the client there',
    })
  }
  return good(
    asked.length === 0 ? `granted ${found}, nothing in particular was asked for` : `granted ${found}`,
    granted,
  )
}

const scopesOf = (value: unknown): readonly string[] =>
  [value ?? []].flat().flatMap((one) => (typeof one === 'string' ? one.split(' ').filter((scope) => scope !== '') : []))

export const checkAudience = async (
  { token, error }: TokenOutcome,
  asked: string | undefined,
): Promise<Found<true>> => {
  if (error?.code === 'invalid_target') {
    return fail({
      code: 'invalid_target',
      found: error.message,
      advice: 'name an API that the client is granted, by --audience (or --resource), to the letter',
    })
  }
  const claims = readClaims(token?.accessToken ?? '')
  if (Object.keys(claims).length === 0) return good(`${asked ?? 'not asked for'}; an opaque token does not say`, true)
  const audiences = [claims.aud ?? []].flat().filter((aud) => typeof aud === 'string')
  if (audiences.length === 0) {
    const fault = { code: 'no_audience', found: 'the token says no aud: any API of the issuer could be meant' }
    if (claims.token_use === 'access') return good('none: Cognito names the API by scope', true)
    return warn({ ...fault, advice: 'ask for one by --audience or --resource, or set one at the provider' }, true)
  }
  const found = audiences.join(', ')
  if (asked !== undefined && !audiences.includes(asked)) {
    return fail({
      code: 'audience_not_granted',
      found: `asked for ${asked}, granted ${found}`,
      advice: 'the provider did not heed it: some want --audience, some --resource, some a scope',
    })
  }
  return good(found, true)
}

const shortSeconds = 60
const longSeconds = 86_400

export const checkLifetime = async (token: AccessToken): Promise<Found<true>> => {
  const seconds = token.expiresAt - Math.floor(Date.now() / 1000)
  const found = formatDuration(Math.max(0, seconds))
  if (seconds < shortSeconds) {
    const advice = 'too short to be kept: nearly every call costs a token request. Five minutes and more are usual'
    return warn({ code: 'short_lifetime', found, advice }, true)
  }
  if (seconds > longSeconds) {
    const advice = 'a token that leaks is good for that long: an hour is plenty where it is renewed by itself'
    return warn({ code: 'long_lifetime', found, advice }, true)
  }
  return good(found, true)
}

/** A JWT, read and not verified; undefined: opaque. */
export interface TokenForm {
  readonly text: string
  readonly jwt: { readonly header: Claims; readonly claims: Claims } | undefined
}

export const checkTokenForm = async ({ accessToken }: AccessToken): Promise<Found<TokenForm>> => {
  const header = readHeader(accessToken)
  const claims = readClaims(accessToken)
  if (typeof header.alg !== 'string') {
    return good('opaque: APIs have to ask the issuer about it (introspection)', { text: accessToken, jwt: undefined })
  }
  const { typ, alg, kid } = header
  const missing = ['iss', 'aud', 'exp', 'iat', 'sub'].filter((name) => claims[name] === undefined)
  const bound = claims.cnf === undefined ? '' : ', bound to a key'
  const without = missing.length === 0 ? '' : `, without ${missing.join(', ')}`
  return good(`JWT, typ ${short(typ)}, ${short(alg)}${kid === undefined ? ', without kid' : ''}${without}${bound}`, {
    text: accessToken,
    jwt: { header, claims },
  })
}

const short = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 40) : 'absent')
