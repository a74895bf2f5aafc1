/** The table of options: each has a flag, an environment variable and a configuration key of the same name. */
import { resolve } from 'node:path'
import { isIssuer, isSecureUrl } from '@credence/protocol'
import { parseSinks } from '../audit/sinks/sink.ts'
import { rotationDays } from '../key_material/key_times.ts'
import { auditIssuances, type Configuration, logLevels } from './configuration.ts'

/** Reads an option from text. Throws with what is wrong with it. */
type Parse<T> = (text: string) => T

export interface Option<Name extends keyof Configuration = keyof Configuration> {
  readonly name: Name
  /** As a flag without its dashes, and as a key of the configuration file with underscores. */
  readonly flag: string
  readonly variable: string
  /** What the value is called in help texts. */
  readonly value: string
  readonly help: string
  /** Whether a variable or key of the same name with _FILE gives the path of a file that holds it. */
  readonly secret: boolean
  readonly fallback: Configuration[Name]
  readonly parse: Parse<Configuration[Name]>
}

const fail = (message: string): never => {
  throw new Error(message)
}

const integer = (least: number, most: number) => (text: string) => {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return number >= least && number <= most ? number : fail(`must be a whole number from ${least} to ${most}`)
}

const parsePort = integer(0, 65535)

const parseIssuer = (text: string): string => {
  if (!isIssuer(text)) fail('must be an http(s) URL without query and fragment')
  // RFC 3986 §2: a URI is ASCII; a name in another script is written as xn--
  if (!/^[\x21-\x7e]+$/.test(text)) fail('must be written in ASCII')
  return isSecureUrl(new URL(text)) ? text : fail('must be https, or http on a loopback address')
}

const parseDatabaseUrl = (text: string): string =>
  /^postgres(?:ql)?:\/\//.test(text) ? text : fail('must be a postgres:// URL')

const parseHost = (text: string): string =>
  /^[A-Za-z0-9.:_-]+$/.test(text) ? text : fail('must be a host name or an address')

const oneOf =
  <T extends string>(values: readonly T[]) =>
  (text: string): T =>
    values.find((value) => value === text) ?? fail(`must be one of ${values.join(', ')}`)

const option = <Name extends keyof Configuration>(
  name: Name,
  rest: Omit<Option<Name>, 'name' | 'flag' | 'variable' | 'secret'> & { readonly secret?: boolean },
): Option<Name> => {
  const words = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return {
    name,
    flag: words.replaceAll('_', '-'),
    variable: `CREDENCE_${words.toUpperCase()}`,
    secret: false,
    ...rest,
  }
}

export const options: readonly Option[] = [
  option('issuer', {
    value: 'URL',
    help: 'the public URL, when behind a proxy',
    fallback: undefined,
    parse: parseIssuer,
  }),
  option('host', { value: 'HOST', help: 'where the public listener binds', fallback: '127.0.0.1', parse: parseHost }),
  option('port', { value: 'PORT', help: 'the public port; 0 picks a free one', fallback: 8400, parse: parsePort }),
  option('managementHost', {
    value: 'HOST',
    help: 'where the management listener binds',
    fallback: '127.0.0.1',
    parse: parseHost,
  }),
  option('managementPort', {
    value: 'PORT|off',
    help: 'the management port; 0 picks a free one, off leaves only the local socket',
    fallback: 8401,
    parse: (text) => (text === 'off' ? 'off' : parsePort(text)),
  }),
  option('data', {
    value: 'FOLDER',
    help: 'the data folder: database, master key, local socket',
    fallback: resolve('credence-data'),
    parse: (text) => (text === '' ? fail('must be a folder') : resolve(text)),
  }),
  option('databaseUrl', {
    value: 'URL',
    help: 'a PostgreSQL database in place of the embedded one',
    secret: true,
    fallback: undefined,
    parse: parseDatabaseUrl,
  }),
  option('masterKey', {
    value: 'KEY',
    help: '32 bytes in base64 or hex, in place of master.key in the data folder',
    secret: true,
    fallback: undefined,
    parse: (text) => text,
  }),
  option('masterKeyPrevious', {
    value: 'KEY',
    help: 'the master key before this one, while it is being changed: what only it opens is sealed anew at the start',
    secret: true,
    fallback: undefined,
    parse: (text) => text,
  }),
  option('signingKeyRotationDays', {
    value: 'N|off',
    help: 'a signing key is replaced when it is this old; off: only by credence keys rotate',
    fallback: rotationDays.default,
    parse: (text) => (text === 'off' ? 'off' : integer(rotationDays.least, rotationDays.most)(text)),
  }),
  option('directorySize', {
    value: 'N',
    help: 'how many clients are held in memory at most',
    fallback: 50_000,
    parse: integer(100, 10_000_000),
  }),
  option('failedAuthenticationsPerMinute', {
    value: 'N',
    help: 'how many client authentications from one address (IPv6: /64) may fail in a minute before more are answered with 429',
    fallback: 60,
    parse: integer(1, 1_000_000),
  }),
  option('maxRequestsAtOnce', {
    value: 'N',
    help: 'how many token requests are worked on at once; more are refused with 503',
    fallback: 1_000,
    parse: integer(1, 100_000),
  }),
  option('usageDays', {
    value: 'DAYS',
    help: 'how long usage by the hour is kept',
    fallback: 30,
    parse: integer(1, 3_650),
  }),
  option('declarative', {
    value: 'FILE|FOLDER',
    help: 'a declarative file or folder that the server keeps to, from its start on and whenever it changes',
    fallback: undefined,
    parse: (text) => (text === '' ? fail('must be a file or a folder') : resolve(text)),
  }),
  option('declarativePrune', {
    value: 'on|off',
    help: 'whether what the declarative source said once and does not say any more is deleted',
    fallback: 'off',
    parse: oneOf(['on', 'off'] as const),
  }),
  option('logLevel', {
    value: 'LEVEL',
    help: `what is logged to stderr: ${logLevels.join(', ')}`,
    fallback: 'warn',
    parse: oneOf(logLevels),
  }),
  option('auditSink', {
    value: 'SINKS',
    help: 'where the audit log goes besides the database: stdout, file:PATH, syslog+udp|tcp|tls://HOST:PORT, https://URL; several with spaces',
    fallback: undefined,
    parse: parseSinks,
  }),
  option('auditWebhookSecret', {
    value: 'SECRET',
    help: 'what signs the audit log on its way to a webhook: at least 32 characters',
    secret: true,
    fallback: undefined,
    parse: (text) => (text.length >= 32 ? text : fail('must have at least 32 characters')),
  }),
  option('auditIssuance', {
    value: auditIssuances.join('|'),
    help: 'whether the audit log has every token issued, or how many in each hour',
    fallback: 'count',
    parse: oneOf(auditIssuances),
  }),
]
