/** What a token is bound to: its `cnf` claim, read strictly. RFC 7800 §3, RFC 9449 §6.1, RFC 8705 §3.1. */
import type { VerifiedClaims } from '@credence/jwt'
import { RequestRefused } from '../refusal.ts'

/** At least one of the two is there; each that is there must be proved. */
export interface Confirmation {
  /** Thumbprint of the key that signs the DPoP proofs. RFC 9449 §6.1. */
  readonly jkt: string | undefined
  /** Thumbprint of the client's certificate: `x5t#S256`. RFC 8705 §3.1. */
  readonly certificateThumbprint: string | undefined
}

// SHA-256, base64url
const thumbprint = /^[A-Za-z0-9_-]{43}$/

/**
 * What the token is bound to; undefined when it is a bearer token.
 *
 * A member that is not known here refuses the token: it names a proof that nobody here could ask for, and to ignore it
 * would make a bearer token of a bound one.
 *
 * @throws {RequestRefused} `unknown_confirmation`
 */
export const parseConfirmation = ({ cnf }: VerifiedClaims): Confirmation | undefined => {
  if (cnf === undefined) return undefined
  // of an introspection answer this is the first check
  if (typeof cnf !== 'object' || cnf === null) throw refused('something that is no object')
  const { jkt, 'x5t#S256': certificateThumbprint, ...unknown } = cnf
  if (Object.keys(unknown).length > 0) throw refused('a way that is not supported here')
  if (jkt === undefined && certificateThumbprint === undefined) throw refused('nothing')
  return {
    jkt: parseThumbprint(jkt, 'jkt'),
    certificateThumbprint: parseThumbprint(certificateThumbprint, 'x5t#S256'),
  }
}

const parseThumbprint = (value: unknown, member: string): string | undefined => {
  if (value === undefined) return undefined
  if (typeof value !== 'string' || !thumbprint.test(value)) throw refused(`a ${member} that is no SHA-256 thumbprint`)
  return value
}

const refused = (what: string) =>
  new RequestRefused('unknown_confirmation', `the token is bound by ${what}`, { status: 401, error: 'invalid_token' })
