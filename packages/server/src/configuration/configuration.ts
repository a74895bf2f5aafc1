/** What the authorization server is told when it starts. */
import type { SinkSetting } from '../audit/sinks/sink.ts'
import type { CertificateHeader } from '../http/client_certificate.ts'
import type { ProfileName } from '../profiles/profiles.ts'

export const auditIssuances = ['count', 'each'] as const

export const dpopNonceUses = ['required', 'optional'] as const

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
  /** Whether every DPoP proof must have a nonce of this server's. */
  readonly dpopNonce: (typeof dpopNonceUses)[number]
  /** The profile that the server keeps to. */
  readonly profile: ProfileName | undefined
  /** Whether a client's jwks_uri and the issuers of federated credentials may be on loopback or in private networks. */
  readonly allowPrivateAddresses: 'on' | 'off'
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
  /** Certificate chain and key of the public listener, files in PEM. */
  readonly tlsCertificate: string | undefined
  readonly tlsKey: string | undefined
  /** The authorities whose client certificates are trusted, a file in PEM. */
  readonly tlsClientCa: string | undefined
  /** Where clients are asked for certificates: at the public listener itself, at a port of its own, or nowhere. 0: a free port. */
  readonly mtlsPort: number | 'same' | 'off'
  /** The public URL of the endpoints where clients are asked for certificates, when it is not told by the issuer and the port. */
  readonly mtlsUrl: string | undefined
  /** Addresses and networks of proxies whose headers are believed. */
  readonly trustedProxies: readonly string[] | undefined
  /** The header in which they give the client's certificate. */
  readonly clientCertificateHeader: CertificateHeader | undefined
}
