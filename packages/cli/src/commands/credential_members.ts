/** What a client proves itself with beside secrets, as options give it: read from files, checked for what must not leave this machine, and in wire names. RFC 7591 §2. */
import { readFile } from 'node:fs/promises'
import { CliError, usageError } from '../cli_error.ts'
import type { ClaimArgument } from './command_options.ts'

export interface KeyOptions {
  /** A file with a JWK set, or one JWK. */
  readonly jwks?: string
  readonly jwksUri?: string
  /** The file that a new private key is written to. */
  readonly generateKey?: string
  /** A file with a certificate in PEM. */
  readonly certificate?: string
  readonly subjectDn?: readonly string[]
  readonly sanDns?: readonly string[]
  readonly sanUri?: readonly string[]
  readonly sanIp?: readonly string[]
  readonly sanEmail?: readonly string[]
}

export interface FederationOptions {
  /** The platform. */
  readonly federated?: string
  readonly issuer?: string
  readonly subject?: readonly string[]
  readonly audience?: string
  readonly claim?: readonly ClaimArgument[]
  /** A file with the platform's public keys. */
  readonly keys?: string
  readonly keysUri?: string
}

export interface Members {
  readonly members: Readonly<Record<string, unknown>>
  /** Takes back what was made here, where the server does not take what it belongs to. */
  readonly undo: () => Promise<void>
}

/** @throws {CliError} */
export const readMembers = async (options: KeyOptions & FederationOptions): Promise<Members> => {
  const { jwks, jwksUri, generateKey: keyFile, certificate } = options
  if ([jwks, jwksUri, keyFile].filter((given) => given !== undefined).length > 1) {
    throw usageError('--jwks, --jwks-uri and --generate-key are three ways of the same: give one of them')
  }
  const federated = await readFederation(options)
  const read = {
    ...(jwks !== undefined && { jwks: await readKeys(jwks) }),
    ...(jwksUri !== undefined && { jwks_uri: jwksUri }),
    ...(certificate !== undefined && { certificate: await readCertificate(certificate) }),
    ...(options.subjectDn !== undefined && { tls_client_auth_subject_dn: options.subjectDn }),
    ...(options.sanDns !== undefined && { tls_client_auth_san_dns: options.sanDns }),
    ...(options.sanUri !== undefined && { tls_client_auth_san_uri: options.sanUri }),
    ...(options.sanIp !== undefined && { tls_client_auth_san_ip: options.sanIp }),
    ...(options.sanEmail !== undefined && { tls_client_auth_san_email: options.sanEmail }),
    ...(federated !== undefined && { federated_credentials: [federated] }),
  }
  if (keyFile === undefined) return { members: read, undo: async () => {} }
  // loaded only where a key is made
  const { generateKey } = await import('./generate_key.ts')
  const { publicJwk, undo } = await generateKey(keyFile)
  return { members: { ...read, jwks: { keys: [publicJwk] } }, undo }
}

const readFederation = async ({ federated: platform, issuer, subject, audience, ...more }: FederationOptions) => {
  const { claim = [], keys, keysUri } = more
  if (platform === undefined) {
    const given = [issuer, subject, audience, keys, keysUri, ...claim].some((value) => value !== undefined)
    if (given) throw usageError('--issuer, --subject, --audience, --claim and --keys are for --federated')
    return undefined
  }
  if (subject === undefined) throw usageError('--federated needs --subject: whose tokens stand for the client')
  const claims = Map.groupBy(claim, ({ name }) => name)
  return {
    platform,
    subject: oneOrMore(subject),
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    ...(claims.size > 0 && {
      claims: Object.fromEntries(
        [...claims].map(([name, found]) => [name, oneOrMore(found.map(({ value }) => value))]),
      ),
    }),
    ...(keys !== undefined && { jwks: await readKeys(keys) }),
    ...(keysUri !== undefined && { jwks_uri: keysUri }),
  }
}

const oneOrMore = (values: readonly string[]): string | readonly string[] => {
  const [only, ...others] = values
  return only !== undefined && others.length === 0 ? only : values
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A private key is refused before anything is sent: it need not, and must not, leave the machine that it is used on. */
const readKeys = async (file: string): Promise<object> => {
  const text = await readText(file)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new CliError('unreadable', `${file} is no JSON; it must have a JWK set, {"keys":[…]}, or one JWK`)
  }
  const set = isObject(parsed) && 'kty' in parsed ? { keys: [parsed] } : parsed
  if (!isObject(set) || !Array.isArray(set.keys)) {
    throw new CliError('unreadable', `${file} has no JWK set; it must be {"keys":[…]} or one JWK`)
  }
  if (set.keys.some((key) => isObject(key) && ('d' in key || 'k' in key))) {
    throw new CliError(
      'private_key',
      `${file} has a private or secret key in it, and nothing was sent: leave it with the service, and give its public half`,
    )
  }
  return set
}

const readCertificate = async (file: string): Promise<string> => {
  const text = await readText(file)
  if (!text.includes('PRIVATE KEY-----')) return text
  throw new CliError('private_key', `${file} has a private key in it, and nothing was sent: give the certificate alone`)
}

const maxBytes = 64 * 1024

const readText = async (file: string): Promise<string> => {
  try {
    const text = await readFile(file, 'utf8')
    if (text.length <= maxBytes) return text
  } catch (error) {
    throw new CliError('unreadable', `${file}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
  throw new CliError('unreadable', `${file} is larger than ${maxBytes} bytes`)
}
