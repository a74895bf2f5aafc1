/** The step of the verifier's road that asks whether a verified token is denied; cached tokens take it as well. RFC 6750 §3.1. */
import type { AccessToken } from '../access_token.ts'
import { RequestRefused } from '../refusal.ts'
import type { RevocableToken, RevocationOption, RevocationSource } from './revocation_source.ts'

export interface RevocationCheck {
  /**
   * Resolves, or returns at once, when no source denies the token.
   *
   * @throws {RequestRefused} `revoked`; `revocation_unknown`, which is 503, when a source cannot say.
   */
  check(token: AccessToken): void | Promise<void>
  close(): void
}

/** A source that has not answered after this long counts as one that cannot say. Milliseconds. */
export const sourcePatienceMs = 5_000

/**
 * Starts the sources and makes the check that asks each of them.
 *
 * @param trustedIssuers whose tokens there can be
 * @throws {TypeError} when one is no source, or is about an issuer that is not trusted: it would deny nothing.
 */
export const createRevocationCheck = (
  option: RevocationOption | undefined,
  trustedIssuers: readonly string[],
): RevocationCheck => {
  const sources = toSources(option)
  for (const { issuer } of sources) {
    if (issuer === undefined || trustedIssuers.includes(issuer)) continue
    throw new TypeError(`revocation is about ${issuer}, which must be one of issuers, exactly as it is written there`)
  }
  for (const source of sources) source.start?.()

  const check = (token: AccessToken): void | Promise<void> => {
    if (sources.length === 0) return undefined
    const revocable = toRevocable(token)
    const waits: Promise<void>[] = []
    for (const source of sources) {
      const waiting = ask(source, revocable)
      if (waiting !== undefined) waits.push(waiting)
    }
    if (waits.length > 0) return Promise.all(waits).then(() => undefined)
  }

  return {
    check,
    close() {
      for (const source of sources) source.close?.()
    },
  }
}

const toSources = (option: RevocationOption | undefined): readonly RevocationSource[] => {
  if (option === undefined) return []
  const given = Array.isArray(option) ? option : [option]
  return given.map((source) => {
    if (typeof source === 'function') return { isRevoked: source }
    if (typeof source?.isRevoked === 'function') return source
    throw new TypeError('revocation must be a source, a function that answers true or false, or an array of them')
  })
}

const toRevocable = ({ claims, clientId }: AccessToken): RevocableToken => {
  const { iss, jti, aud, iat, credential_id: credentialId } = claims
  return { iss, jti, clientId, credentialId: typeof credentialId === 'string' ? credentialId : undefined, aud, iat }
}

/** Asks one source. A promise only where the source made one, so that a feed costs a cached token no turn of the loop. */
const ask = (source: RevocationSource, token: RevocableToken): Promise<void> | undefined => {
  let answer: boolean | Promise<boolean>
  try {
    answer = source.isRevoked(token)
  } catch (error) {
    throw unknown(error)
  }
  if (typeof answer === 'boolean') return checkAnswer(answer)
  const checked = withinPatience(answer).then(checkAnswer, (error: unknown) => Promise.reject(unknown(error)))
  // another source may refuse first, and then nobody waits for this one
  checked.catch(() => undefined)
  return checked
}

const checkAnswer = (answer: unknown): undefined => {
  if (answer === false) return
  if (answer === true) {
    // "The access token provided is expired, revoked, malformed, or invalid for other reasons."
    throw new RequestRefused('revoked', 'the token is revoked', { status: 401, error: 'invalid_token' })
  }
  // a function that forgets to return must not let everybody in
  throw unknown(new TypeError('a revocation source must answer true or false'))
}

const withinPatience = async (answer: unknown): Promise<unknown> => {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${sourcePatienceMs} ms`)), sourcePatienceMs)
  timer.unref()
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** 503 and not 401: the token may be good, and another one would fare no better. */
const unknown = (cause: unknown): RequestRefused =>
  new RequestRefused('revocation_unknown', 'whether the token is revoked cannot be known now', { status: 503, cause })
