/** The table of options: each has a flag, an environment variable and a configuration key of the same name. */
import { resolve } from 'node:path'
import { isIssuer, isSecureUrl } from '@credence/protocol'
import { type Configuration, logLevels } from './configuration.ts'

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
  option('directorySize', {
    value: 'N',
    help: 'how many clients are held in memory at most',
    fallback: 50_000,
    parse: integer(100, 10_000_000),
  }),
  option('logLevel', {
    value: 'LEVEL',
    help: `what is logged to stderr: ${logLevels.join(', ')}`,
    fallback: 'warn',
    parse: oneOf(logLevels),
  }),
]
