/** What `credence inspect` does: takes a token apart, verifies it, and puts what it says into words. */
import { decodeCompactJws, JwtError, maxTokenLength } from '@credence/jwt'
import { isIssuer, isSecureUrl } from '@credence/protocol'
import { CliError, usageError } from '../cli_error.ts'
import { guessProvider } from '../provider/guess_provider.ts'
import type { ProviderOptions } from '../provider/provider_options.ts'
import { type Claims, readClaims, verifyToken } from '../provider/verify_token.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { describeToken, type Inspected, toDocument } from './describe_token.ts'

export const inspectToken = async (argument: string | undefined, options: ProviderOptions): Promise<void> => {
  const token = await readGivenToken(argument, options)
  const inspected = isOpaque(token) ? await ask(token, options) : await inspect(token, options)
  if (options.json) printJson(toDocument(inspected))
  else printLines(describeToken(inspected, Math.floor(Date.now() / 1000)))
  if (inspected.fault !== undefined) throw inspected.fault
}

/** The token of an argument, or of standard input when there is none or it is `-`. */
export const readToken = async (argument: string | undefined): Promise<string> => {
  const token = strip(argument === undefined || argument === '-' ? await readStandardInput() : argument)
  if (token === '') throw usageError('no token: give it as the argument or on standard input')
  return token
}

/** As {@link readToken}, but where nobody gives one and there is somebody to ask as, it is asked for. */
const readGivenToken = async (argument: string | undefined, options: ProviderOptions): Promise<string> => {
  if (argument !== undefined || !hasClient(options)) return readToken(argument)
  const piped = process.stdin.isTTY ? '' : strip(await readStandardInput())
  if (piped !== '') return piped
  const { createTokenManager } = await import('@credence/client')
  const { resolveProvider, toCliError } = await import('../provider/resolve_provider.ts')
  const { options: settings } = await resolveProvider(options)
  const token = await createTokenManager(settings)
    .getToken()
    .catch((error: unknown) => Promise.reject(toCliError(error)))
  return token.accessToken
}

const hasClient = ({ clientId, keyFile }: ProviderOptions): boolean =>
  Boolean(clientId ?? keyFile ?? process.env.CREDENCE_CLIENT_ID)

const strip = (text: string): string => text.trim().replace(/^bearer +/i, '')

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

/** Credence's own say so; others are single words, where what was cut off or mixed up has dots or white space. */
const isOpaque = (token: string): boolean =>
  token.startsWith('cat_') || (/^[\w~+/=-]{16,}$/.test(token) && token.length <= maxTokenLength)

const ask = async (token: string, options: ProviderOptions): Promise<Inspected> => {
  if (!hasClient(options)) {
    if (!token.startsWith('cat_')) return { claims: {}, fault: notReadable() }
    throw new CliError(
      'opaque_token',
      'an opaque token says nothing to anybody but the server that issued it: an API asks there, by introspection. ' +
        'Give --client-id and the secret of a client that may ask.',
    )
  }
  const [{ resolveProvider, toCliError }, { introspectToken }] = await Promise.all([
    import('../provider/resolve_provider.ts'),
    import('../provider/introspect_token.ts'),
  ])
  const provider = await resolveProvider(options)
  const { active, ...claims } = await introspectToken(token, provider).catch((error: unknown) => {
    throw toCliError(error)
  })
  if (active === true) return { claims, introspected: true, fault: undefined }
  const fault = new CliError(
    'token_inactive',
    'the issuer says that the token is not active: expired, revoked, never issued, or not for this client to ask about',
  )
  return { claims: {}, introspected: true, fault }
}

const inspect = async (token: string, options: ProviderOptions): Promise<Inspected> => {
  const claims: Claims = readClaims(token)
  try {
    decodeCompactJws(token)
    const issuer = checkIssuerUsable(options.issuer ?? claims.iss)
    const provider = options.provider ?? guessProvider(issuer)
    const verdict = await verifyToken(token, {
      issuer,
      provider,
      audience: options.audience,
      isTrusted: options.issuer !== undefined,
    })
    if (!verdict.ok) return { claims, fault: toFault(verdict.code, verdict.message) }
    const { isBound, isLegacy } = verdict
    return { claims: verdict.claims ?? claims, fault: undefined, isBound, isLegacy }
  } catch (error) {
    if (error instanceof JwtError) return { claims, fault: toFault(error.code, error.message) }
    if (error instanceof CliError) return { claims, fault: error }
    throw error
  }
}

const checkIssuerUsable = (issuer: unknown): string => {
  if (typeof issuer === 'string' && isIssuer(issuer) && isSecureUrl(new URL(issuer))) return issuer
  throw new CliError(
    'wrong_issuer',
    'its issuer is neither an https URL nor on this machine, so its keys are not asked for',
  )
}

const toFault = (code: string, message: string): CliError => new CliError(code, `the token does not verify: ${message}`)

const notReadable = () => toFault('malformed_token', 'a signed token has three parts')
