/** The table of options: each has a flag, an environment variable and a configuration key of the same name. */
import { resolve } from 'node:path'
import { isIssuer } from '@credence/protocol'
import { parseSinks } from '../audit/sinks/sink.ts'
import { parseNetworks } from '../http/trusted_proxies.ts'
import { rotationDays } from '../key_material/key_times.ts'
import { profileNames } from '../profiles/profiles.ts'
import { auditIssuances, type Configuration, dpopNonceUses, logLevels } from './configuration.ts'
import {
  fail,
  headerForms,
  integer,
  oneOf,
  parseCertificateHeader,
  parseDatabaseUrl,
  parseFile,
  parseHost,
  parseIssuer,
  parseMasterKeyText,
  parsePort,
} from './option_values.ts'

/** Reads an option from text. Throws with what is wrong with it. */
type Parse<T> = (text: string) => T

export interface Option<Name extends keyof Configuration = keyof Configuration> {
  readonly name: Name
  /** As a flag without its dashes, and as a key of the configuration file with underscores. */
  readonly flag: string
  readonly variable: string
  /** What the value is called in help texts. */
  readonly value: string
  /** What the flag alone means, without a value. */
  readonly bare?: string
  readonly help: string
  /** Whether a variable or key of the same name with _FILE gives the path of a file that holds it. */
  readonly secret: boolean
  readonly fallback: Configuration[Name]
  readonly parse: Parse<Configuration[Name]>
}

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
    parse: parseMasterKeyText,
  }),
  option('masterKeyPrevious', {
    value: 'KEY',
    help: 'the master key before this one, while it is being changed: what only it opens is sealed anew at the start',
    secret: true,
    fallback: undefined,
    parse: parseMasterKeyText,
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
  option('dpopNonce', {
    value: dpopNonceUses.join('|'),
    help: 'whether every DPoP proof must have a nonce of this server, which costs its client one more request now and then',
    fallback: 'optional',
    parse: oneOf(dpopNonceUses),
  }),
  option('profile', {
    value: profileNames.join('|'),
    help: 'keep to a profile: fapi2 is the FAPI 2.0 Security Profile for client credentials',
    fallback: undefined,
    parse: oneOf(profileNames),
  }),
  option('allowPrivateAddresses', {
    value: 'on|off',
    bare: 'on',
    help: 'whether jwks_uri and the issuers of federated credentials may be on loopback or in private networks; for development',
    fallback: 'off',
    parse: oneOf(['on', 'off'] as const),
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
  option('tlsCertificate', {
    value: 'FILE',
    help: 'the public listener’s certificate and its chain in PEM, which makes it https; read again when it changes',
    fallback: undefined,
    parse: parseFile,
  }),
  option('tlsKey', {
    value: 'FILE',
    help: 'the key of that certificate in PEM; read again when it changes',
    fallback: undefined,
    parse: parseFile,
  }),
  option('tlsClientCa', {
    value: 'FILE',
    help: 'the authorities whose client certificates are trusted (tls_client_auth), in PEM; read again when it changes',
    fallback: undefined,
    parse: parseFile,
  }),
  option('mtlsPort', {
    value: 'PORT|same|off',
    help: 'where clients are asked for certificates: the public port itself (same), a port of its own (0 picks a free one), or nowhere',
    fallback: 'same',
    parse: (text) => (text === 'same' || text === 'off' ? text : parsePort(text)),
  }),
  option('mtlsUrl', {
    value: 'URL',
    help: 'the public URL for requests with a certificate, when it is not the issuer: mtls_endpoint_aliases of the metadata',
    fallback: undefined,
    parse: (text) =>
      isIssuer(text) && text.startsWith('https://') ? text : fail('must be an https URL without query and fragment'),
  }),
  option('trustedProxies', {
    value: 'NETWORKS',
    help: 'proxies whose X-Forwarded-For and client certificate header are believed: addresses and networks, with commas',
    fallback: undefined,
    parse: parseNetworks,
  }),
  option('clientCertificateHeader', {
    value: 'FORMAT[:HEADER]',
    help: `the header in which those proxies give the client’s certificate: ${headerForms}; nginx and haproxy: X-Client-Cert unless named`,
    fallback: undefined,
    parse: parseCertificateHeader,
  }),
]
