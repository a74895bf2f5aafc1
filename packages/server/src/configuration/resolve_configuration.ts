/** Resolves the configuration from flags, environment and file, in this order, and reports every fault at once. */
import { readFileSync } from 'node:fs'
import { isLoopbackHost } from '@credence/protocol'
import type { Configuration } from './configuration.ts'
import { ConfigurationError } from './configuration_error.ts'
import { type Option, options } from './options.ts'

export interface ConfigurationSources {
  /** By option name, as text. */
  readonly flags: Readonly<Record<string, string | undefined>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The configuration file, parsed; undefined when there is none. */
  readonly file: unknown
}

interface Given {
  readonly origin: string
  readonly text: string
}

/** Variables that belong to the command line as a client, or to other programs, and are no options of the server. */
const otherVariables = [
  'CREDENCE_URL',
  'CREDENCE_CLIENT_ID',
  'CREDENCE_CLIENT_SECRET',
  'CREDENCE_CLIENT_SECRET_FILE',
  'CREDENCE_CLIENT_KEY_FILE',
  'CREDENCE_CONFIG',
  'CREDENCE_TOKEN_ENDPOINT',
]

/** @throws {ConfigurationError} listing every unknown key, bad value and contradiction. */
export const resolveConfiguration = ({ flags, environment: variables, file }: ConfigurationSources): Configuration => {
  const environment = Object.fromEntries(Object.entries(variables).filter((entry) => !isServiceLink(entry)))
  const sources = { flags, environment, file }
  const faults = [...unknownKeys(file), ...unknownVariables(environment)]
  const resolved = new Map<string, unknown>()
  for (const option of options) {
    try {
      const given = findGiven(option, sources)
      resolved.set(option.name, given === undefined ? option.fallback : parseGiven(option, given))
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error))
    }
  }
  const configuration = Object.fromEntries(resolved) as unknown as Configuration
  faults.push(...contradictions(configuration))
  if (faults.length > 0) throw new ConfigurationError(faults)
  return configuration
}

const parseGiven = (option: Option, { origin, text }: Given): unknown => {
  try {
    return option.parse(text)
  } catch (error) {
    // the value of a secret is never repeated
    const shown = option.secret ? '' : ` (${JSON.stringify(text.slice(0, 200))})`
    throw new Error(`${origin} ${error instanceof Error ? error.message : 'is not valid'}${shown}`)
  }
}

const keyOf = (option: Option): string => option.flag.replaceAll('-', '_')

/** A Kubernetes Service called credence puts these into every pod beside it: CREDENCE_PORT=tcp://…, CREDENCE_SERVICE_HOST, … */
const isServiceLink = ([name, value]: [name: string, value: string | undefined]): boolean =>
  /^CREDENCE_(?:SERVICE_|PORT_\d)/.test(name) || (name === 'CREDENCE_PORT' && value?.startsWith('tcp://') === true)

const findGiven = (option: Option, { flags, environment, file }: ConfigurationSources): Given | undefined => {
  const flag = flags[option.name]
  if (flag !== undefined) return { origin: `--${option.flag}`, text: flag }
  return (
    findIn(option, { values: environment, name: option.variable, suffix: '_FILE' }) ??
    findIn(option, { values: isRecord(file) ? file : {}, name: keyOf(option), suffix: '_file' })
  )
}

interface Place {
  readonly values: Readonly<Record<string, unknown>>
  readonly name: string
  readonly suffix: string
}

const findIn = (option: Option, { values, name, suffix }: Place): Given | undefined => {
  const value = values[name]
  const path = option.secret ? values[`${name}${suffix}`] : undefined
  if (value !== undefined && path !== undefined) throw new Error(`${name} and ${name}${suffix} are both given`)
  if (path !== undefined) return { origin: `${name}${suffix}`, text: readSecretFile(`${name}${suffix}`, path) }
  if (value === undefined) return undefined
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw new Error(`${name} must be a single value`)
  }
  return { origin: name, text: String(value) }
}

const readSecretFile = (name: string, path: unknown): string => {
  try {
    return readFileSync(String(path), 'utf8').trimEnd()
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : 'cannot be read'}`)
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const unknownKeys = (file: unknown): string[] => {
  if (file === undefined || file === null) return []
  if (!isRecord(file)) return ['the configuration file must be a mapping of keys to values']
  const known = options.flatMap((option) => [keyOf(option), ...(option.secret ? [`${keyOf(option)}_file`] : [])])
  return Object.keys(file)
    .filter((key) => !known.includes(key))
    .map((key) => `unknown key in the configuration file: ${JSON.stringify(key)}; known: ${known.join(', ')}`)
}

const unknownVariables = (environment: ConfigurationSources['environment']): string[] => {
  const known = options.flatMap((option) => [option.variable, ...(option.secret ? [`${option.variable}_FILE`] : [])])
  return Object.keys(environment)
    .filter((name) => name.startsWith('CREDENCE_') && !known.includes(name) && !otherVariables.includes(name))
    .map((name) => `unknown environment variable: ${name}`)
}

/** What a listener that others can reach must have. A value that could not be read is absent here, and has its own fault. */
const contradictions = (configuration: Partial<Configuration>): string[] => [
  ...reachContradictions(configuration),
  ...tlsContradictions(configuration),
]

const tlsContradictions = (configuration: Partial<Configuration>): string[] => {
  const { tlsCertificate, tlsKey, tlsClientCa, mtlsPort, mtlsUrl, trustedProxies, clientCertificateHeader } =
    configuration
  const servesTls = tlsCertificate !== undefined && tlsKey !== undefined
  const readsCertificates = (servesTls && mtlsPort !== 'off') || clientCertificateHeader !== undefined
  return [
    ...((tlsCertificate === undefined) === (tlsKey === undefined)
      ? []
      : ['tls_certificate and tls_key belong together: give both']),
    ...(typeof mtlsPort === 'number' && !servesTls ? ['mtls_port needs tls_certificate and tls_key'] : []),
    ...(clientCertificateHeader !== undefined && trustedProxies === undefined
      ? ['client_certificate_header is believed from nobody: say which proxies write it, trusted_proxies']
      : []),
    ...(readsCertificates
      ? []
      : Object.entries({ tls_client_ca: tlsClientCa, mtls_url: mtlsUrl }).flatMap(([key, value]) =>
          value === undefined
            ? []
            : [
                `${key} is for client certificates, and none is asked for: give tls_certificate and tls_key, or client_certificate_header`,
              ],
        )),
  ]
}

const reachContradictions = ({ host, issuer, auditSink, auditWebhookSecret }: Partial<Configuration>): string[] => [
  ...(host === undefined || isLoopbackHost(host) || issuer !== undefined
    ? []
    : [`host ${host} can be reached from other machines: give the public https URL with --issuer or CREDENCE_ISSUER`]),
  ...(auditSink?.some(({ kind }) => kind === 'webhook') && auditWebhookSecret === undefined
    ? ['audit_sink has a webhook: give what signs for it, audit_webhook_secret or CREDENCE_AUDIT_WEBHOOK_SECRET_FILE']
    : []),
]
