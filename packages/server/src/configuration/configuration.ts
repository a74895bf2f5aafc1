/** What the authorization server is told when it starts. */

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

export interface Configuration {
  /** The public URL, when it is not that of the listener itself (behind a proxy). */
  readonly issuer: string | undefined
  readonly host: string
  /** 0: a free port. */
  readonly port: number
  readonly managementHost: string
  /** 0: a free port. off: no management over TCP, only over the local socket. */
  readonly managementPort: number | 'off'
  /** The data folder: database, master key, local socket. */
  readonly data: string
  /** A PostgreSQL URL, in place of the embedded database. */
  readonly databaseUrl: string | undefined
  /** 32 bytes in base64 or hex, in place of `master.key`. */
  readonly masterKey: string | undefined
  /** How many clients are held in memory at most. */
  readonly directorySize: number
  readonly logLevel: (typeof logLevels)[number]
}
