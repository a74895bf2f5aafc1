/** What `credence inspect` does: takes a token apart, verifies it, and puts what it says into words. */
import { createRemoteKeySet, decodeCompactJws, JwtError, maxTokenLength, verifyAccessToken } from '@credence/jwt'
import { isIssuer, isSecureUrl } from '@credence/protocol'
import { CliError, usageError } from '../cli_error.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { formatRelative, formatTime } from '../terminal/times.ts'
import type { InspectOptions } from './inspect.ts'

type Claims = Readonly<Record<string, unknown>>

interface Inspected {
  readonly claims: Claims
  /** Why it does not verify; undefined when it does. */
  readonly fault: CliError | undefined
}

export const inspectToken = async (argument: string | undefined, { json, issuer }: InspectOptions): Promise<void> => {
  const token = await readToken(argument)
  if (token.startsWith('cat_')) {
    throw new CliError(
      'opaque_token',
      'an opaque token says nothing to anybody but the server that issued it: an API asks there, by introspection',
    )
  }
  const inspected = await inspect(token, issuer)
  if (json) printJson(toDocument(inspected))
  else printLines(describe(inspected, Math.floor(Date.now() / 1000)))
  if (inspected.fault !== undefined) throw inspected.fault
}

/** The token of an argument, or of standard input when there is none or it is `-`. */
export const readToken = async (argument: string | undefined): Promise<string> => {
  const text = argument === undefined || argument === '-' ? await readStandardInput() : argument
  const token = text.trim().replace(/^bearer +/i, '')
  if (token === '') throw usageError('no token: give it as the argument or on standard input')
  return token
}

/** No further than the longest token, with some room for white space. */
const readStandardInput = async (): Promise<string> => {
  if (process.stdin.isTTY) process.stderr.write('credence: paste the token, then press Enter and Ctrl-D\n')
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk
    if (text.length > 2 * maxTokenLength) break
  }
  return text
}

/** @throws {CliError} with the code of the fault, when there is nothing in it to show. */
const inspect = async (token: string, pinned: string | undefined): Promise<Inspected> => {
  let claims: Claims = {}
  try {
    claims = readUnchecked(token)
    claims = decodeCompactJws(token).claims
    const issuer = checkIssuerUsable(pinned ?? claims.iss)
    // a token has one audience or several; it is the API's business to insist on its own
    const [audience] = [claims.aud].flat()
    const verified = await verifyAccessToken(token, {
      issuer,
      audience: typeof audience === 'string' ? audience : '',
      keys: createRemoteKeySet({ issuer }),
    })
    return { claims: verified, fault: undefined }
  } catch (error) {
    if (error instanceof JwtError) return { claims, fault: toFault(error) }
    if (error instanceof CliError) return { claims, fault: error }
    throw error
  }
}

/** Whatever can be read of a payload, to show it. Nothing else is ever done with it. */
const readUnchecked = (token: string): Claims => {
  if (token.length > maxTokenLength) return {}
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? { ...claims } : {}
  } catch {
    return {}
  }
}

const checkIssuerUsable = (issuer: unknown): string => {
  if (typeof issuer === 'string' && isIssuer(issuer) && isSecureUrl(new URL(issuer))) return issuer
  throw new CliError(
    'wrong_issuer',
    'its issuer is neither an https URL nor on this machine, so its keys are not asked for',
  )
}

const toFault = (error: JwtError): CliError => {
  const { code, message, cause } = error
  const why = code === 'keys_unavailable' && cause instanceof Error ? `: ${cause.message}` : ''
  return new CliError(code, `the token does not verify: ${message}${why}`, { cause: error })
}

const toDocument = ({ claims, fault }: Inspected) => ({
  verified: fault === undefined,
  ...(fault !== undefined && { code: fault.code, reason: fault.message }),
  claims,
})

const describe = ({ claims, fault }: Inspected, now: number): readonly string[] => {
  if (Object.keys(claims).length === 0) return ['UNVERIFIED: this is not a signed token, and nothing in it can be read']
  const { client_id: client, scope, aud, iat, exp, iss, credential_id: credential, jti, sub } = claims
  const may = typeof scope === 'string' && scope !== '' ? scope.split(' ').join(', ') : 'nothing that has a scope'
  return [
    fault === undefined
      ? `verified: issued by ${iss} and not changed since`
      : `UNVERIFIED: anybody may have written this. It says:`,
    '',
    `  who         ${text(client ?? sub)}`,
    `  may         ${may}`,
    `  where       ${[aud].flat().map(text).join(', ')}`,
    `  until       ${describeTime(exp, now)}`,
    `  issued      ${describeTime(iat, now)}${fault === undefined ? '' : ` by ${text(iss)}`}`,
    ...(credential === undefined ? [] : [`  credential  ${text(credential)} asked for it`]),
    `  token id    ${text(jti)}`,
  ]
}

const describeTime = (claim: unknown, now: number): string =>
  typeof claim === 'number' && Math.abs(claim) < 1e12
    ? `${formatTime(claim)}, ${formatRelative(claim, now)}`
    : 'it does not say'

const text = (claim: unknown): string => (typeof claim === 'string' ? claim : 'it does not say')
