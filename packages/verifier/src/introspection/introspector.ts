/** Asks one issuer about its tokens: one call at a time for each, answers used again only briefly, failures never. RFC 7662. */
import { createHash } from 'node:crypto'
import type { VerifiedClaims } from '@credence/jwt'
import { RequestRefused } from '../refusal.ts'
import { createAnswerCache } from './answer_cache.ts'
import { claimsOfAnswer, type IntrospectionAnswer } from './introspection_answer.ts'
import {
  createIntrospectionCall,
  type IntrospectionCallSettings,
  type IntrospectionIssuer,
} from './introspection_call.ts'
import { checkIntrospectionOptions, defaultCacheSeconds, type IntrospectionOptions } from './introspection_options.ts'
import { retryAfterOf } from './retry_after.ts'

export interface Introspector {
  readonly issuer: string
  /** How this issuer's opaque tokens begin; empty when they may begin with anything. */
  readonly tokenPrefix: string
  /** Whether JWTs are asked about as well. */
  readonly asksAlways: boolean
  /**
   * The claims of a token. For one that was verified here, what is known of it is given, and the answer has to agree.
   *
   * @throws {RequestRefused} `token_inactive`; `introspection_unavailable` when the issuer cannot say.
   * @throws {JwtError} when the token is for another resource, of another issuer, or expired.
   */
  introspect(token: string, known?: VerifiedClaims): Promise<VerifiedClaims>
}

export interface IntrospectorSettings extends IntrospectionCallSettings {
  readonly audience: string
}

/** More tokens than this are not asked about at the same time. */
export const maxCallsAtOnce = 256

/** @throws {TypeError} or {RangeError} when the options are not right. */
export const createIntrospector = (
  trusted: IntrospectionIssuer,
  options: IntrospectionOptions,
  settings: IntrospectorSettings,
): Introspector => {
  checkIntrospectionOptions(options)
  const { audience, clock, clockToleranceSeconds } = settings
  const call = createIntrospectionCall(trusted, options, settings)
  const cache = createAnswerCache(options.cacheSeconds ?? defaultCacheSeconds, clock)
  const underWay = new Map<string, Promise<IntrospectionAnswer>>()

  const ask = async (token: string, digest: string): Promise<IntrospectionAnswer> => {
    try {
      const answer = await call(token)
      cache.set(digest, answer)
      return answer
    } catch (cause) {
      throw unavailable(trusted.issuer, cause, retryAfterOf(cause, clock))
    } finally {
      underWay.delete(digest)
    }
  }

  const askOnce = (token: string, digest: string): Promise<IntrospectionAnswer> => {
    const joined = underWay.get(digest)
    if (joined !== undefined) return joined
    if (underWay.size >= maxCallsAtOnce) throw unavailable(trusted.issuer, new Error('too many tokens at once'))
    const started = ask(token, digest)
    underWay.set(digest, started)
    return started
  }

  return {
    issuer: trusted.issuer,
    tokenPrefix: options.tokenPrefix ?? '',
    asksAlways: options.mode === 'always',
    introspect: async (token, known) => {
      // so that neither the token nor its length is kept in memory
      const digest = createHash('sha256').update(token).digest('base64url')
      const held = cache.get(digest)
      const answer = held === undefined ? await askOnce(token, digest) : held.answer
      return claimsOfAnswer(answer, {
        issuer: trusted.issuer,
        audience,
        acceptsMissingAudience: options.withoutAudience === 'trust-issuer',
        now: clock.epochSeconds(),
        clockToleranceSeconds,
        known,
        identify: () => digest,
      })
    },
  }
}

const unavailable = (issuer: string, cause: unknown, retryAfterSeconds?: number): RequestRefused =>
  new RequestRefused('introspection_unavailable', `${issuer} cannot be asked about the token`, {
    status: 503,
    detail: cause instanceof Error ? cause.message : undefined,
    retryAfterSeconds,
  })
