/** What is published of each verification, on the diagnostics channel `credence:verifier:verify`. */
import { channel } from 'node:diagnostics_channel'
import type { RefusalCode } from '../refusal.ts'

/** The name of the channel. Its messages are {@link VerifyEvent}. */
export const verifyChannel = 'credence:verifier:verify'

/** One verification has ended. Nothing in it is the caller's word: no token, no proof, no identifier that was not verified. */
export interface VerifyEvent {
  /** Of the resource server that verified. */
  readonly resource: string
  /** `failed`: a custom requirement, a claims schema or another part of the application threw, which says nothing about the token. */
  readonly outcome: 'accepted' | 'refused' | 'failed'
  /** Why it was refused; undefined otherwise. */
  readonly code: RefusalCode | undefined
  /** HTTP status of the refusal; undefined otherwise. */
  readonly status: number | undefined
  /** The trusted issuer whose token it claimed to be; undefined for any other. */
  readonly issuer: string | undefined
  /** Whose token it was; undefined unless the token itself verified. */
  readonly clientId: string | undefined
  /** The token was known from an earlier request, and its signature not verified again. */
  readonly cached: boolean
  readonly durationMs: number
}

export const verifyEvents = channel(verifyChannel)
