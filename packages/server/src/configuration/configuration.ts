/** What the authorization server is told when it starts. */
import type { SinkSetting } from '../audit/sinks/sink.ts'

export const auditIssuances = ['count', 'each'] as const

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
  /** The master key before this one, while it is being changed. */
  readonly masterKeyPrevious: string | undefined
  /** A signing key is replaced when it is this old. off: only when somebody says so. */
  readonly signingKeyRotationDays: number | 'off'
  /** How many clients are held in memory at most. */
  readonly directorySize: number
  /** Client authentications from one address that may fail in a minute before more of them are answered with 429. */
  readonly failedAuthenticationsPerMinute: number
  /** Requests to the form endpoints that may be worked on at once; more are refused with 503. */
  readonly maxRequestsAtOnce: number
  /** Usage by the hour is kept this many days. */
  readonly usageDays: number
  /** A declarative file or folder that the server keeps to. */
  readonly declarative: string | undefined
  /** Whether what is gone from it is deleted. */
  readonly declarativePrune: 'on' | 'off'
  readonly logLevel: (typeof logLevels)[number]
  /** Where the audit log goes besides the database. */
  readonly auditSink: readonly SinkSetting[] | undefined
  /** What signs what is sent to a webhook sink. */
  readonly auditWebhookSecret: string | undefined
  /** Whether the audit log has every token issued, or how many. */
  readonly auditIssuance: (typeof auditIssuances)[number]
}
