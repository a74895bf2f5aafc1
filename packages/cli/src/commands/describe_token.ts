/** What a token says, in words: who may do what, where, until when; and what of it was checked. RFC 9068 §2.2, RFC 7800. */
import type { CliError } from '../cli_error.ts'
import type { Claims } from '../provider/verify_token.ts'
import { formatRelative, formatTime } from '../terminal/times.ts'

export interface Inspected {
  readonly claims: Claims
  /** Why it does not verify; undefined when it does. */
  readonly fault: CliError | undefined
  /** The claims are what the issuer said when it was asked. */
  readonly introspected?: boolean
  readonly isBound?: boolean
  readonly isLegacy?: boolean
}

/** In the order in which they are made, and the codes by which each fails. */
const checks: readonly (readonly [check: string, codes: readonly string[]])[] = [
  ['form', ['token_too_large', 'malformed_token']],
  ['algorithm', ['unsupported_algorithm', 'unsupported_header']],
  ['type', ['wrong_type']],
  ['issuer', ['wrong_issuer', 'profile_refused']],
  ['key', ['unknown_key', 'unsuitable_key', 'keys_unavailable']],
  ['signature', ['bad_signature']],
  ['audience', ['wrong_audience']],
  ['time', ['expired', 'not_yet_valid']],
  ['claims', ['invalid_claims', 'unknown_confirmation']],
]

interface CheckOutcome {
  readonly check: string
  readonly result: 'passed' | 'failed' | 'not_reached'
}

const outcomesOf = ({ fault, introspected }: Inspected): readonly CheckOutcome[] => {
  if (introspected === true) return [{ check: 'active', result: fault === undefined ? 'passed' : 'failed' }]
  const failed = checks.findIndex(([, codes]) => fault !== undefined && codes.includes(fault.code))
  return checks.map(([check], index) => ({
    check,
    result: fault === undefined || index < failed ? 'passed' : index === failed ? 'failed' : 'not_reached',
  }))
}

export const toDocument = (inspected: Inspected) => {
  const { claims, fault, isBound = false, introspected = false } = inspected
  const now = Math.floor(Date.now() / 1000)
  return {
    verified: fault === undefined,
    ...(fault !== undefined && { code: fault.code, reason: fault.message }),
    checks: outcomesOf(inspected),
    by: introspected ? 'introspection' : 'signature',
    bound: isBound || claims.cnf !== undefined,
    ...(typeof claims.exp === 'number' && { expires_in: Math.floor(claims.exp - now) }),
    claims,
  }
}

/** @param now epoch seconds */
export const describeToken = (inspected: Inspected, now: number): readonly string[] => {
  const { claims, fault } = inspected
  if (Object.keys(claims).length === 0) return ['UNVERIFIED: this is not a signed token, and nothing in it can be read']
  const { aud, iat, exp, credential_id: credential, jti } = claims
  const scopes = scopesOf(claims)
  return [
    headline(inspected),
    '',
    `  who         ${text(claims.client_id ?? claims.azp ?? claims.appid ?? claims.cid ?? claims.sub)}`,
    `  may         ${scopes.length === 0 ? 'nothing that has a scope' : scopes.join(', ')}`,
    `  where       ${aud === undefined ? 'it does not say' : [aud].flat().map(text).join(', ')}`,
    `  until       ${describeTime(exp, now)}`,
    `  issued      ${describeTime(iat, now)}${fault === undefined ? '' : ` by ${text(claims.iss)}`}`,
    ...(claims.cnf === undefined ? [] : [`  bound to    ${describeConfirmation(claims.cnf)}`]),
    ...(credential === undefined ? [] : [`  credential  ${text(credential)} asked for it`]),
    `  token id    ${text(jti)}`,
    ...(fault === undefined ? [] : describeChecks(inspected)),
  ]
}

const headline = ({ claims, fault, introspected, isLegacy }: Inspected): string => {
  if (fault !== undefined) return 'UNVERIFIED: anybody may have written this. It says:'
  if (introspected === true) return 'active: the issuer says so, now'
  const note = isLegacy === true ? '; its typ is not at+jwt, so that an API has to accept it as jwt-legacy' : ''
  return `verified: issued by ${text(claims.iss)} and not changed since${note}`
}

const describeChecks = (inspected: Inspected): readonly string[] => {
  const named = (result: CheckOutcome['result']) =>
    outcomesOf(inspected).flatMap((outcome) => (outcome.result === result ? outcome.check : []))
  const line = (words: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`  ${words}${names.join(', ')}`]
  return [
    '',
    ...line('passed      ', named('passed')),
    ...line('failed      ', named('failed')),
    ...line('not reached ', named('not_reached')),
  ]
}

/** `scope`, or what providers have in its place. */
const scopesOf = ({ scope, scp, roles }: Claims): readonly string[] =>
  [scope ?? scp ?? roles ?? []]
    .flat()
    .flatMap((one) => (typeof one === 'string' ? one.split(' ') : []))
    .filter((one) => one !== '')

const describeConfirmation = (cnf: unknown): string => {
  const { jkt, 'x5t#S256': certificate } = typeof cnf === 'object' && cnf !== null ? ({ ...cnf } as Claims) : {}
  const by = [
    ...(typeof jkt === 'string' ? [`the key ${jkt}: a DPoP proof by it must come with every request (RFC 9449)`] : []),
    ...(typeof certificate === 'string'
      ? [`the certificate ${certificate}: it must be that of the connection (RFC 8705)`]
      : []),
  ]
  return by.length === 0 ? 'something that is not known here' : by.join('; ')
}

const describeTime = (claim: unknown, now: number): string =>
  typeof claim === 'number' && Math.abs(claim) < 1e12
    ? `${formatTime(claim)}, ${formatRelative(claim, now)}`
    : 'it does not say'

const text = (claim: unknown): string => (typeof claim === 'string' ? claim : 'it does not say')
