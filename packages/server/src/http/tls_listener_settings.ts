/** What the configuration says of TLS, certificates and proxies, made ready for the listeners. RFC 8705 §5, §6.5. */
import type { Clock } from '@credence/protocol'
import type { Logger } from 'pino'
import type { MutualTls } from '../client_auth/certificates/client_certificate_metadata.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { createClientCertificates } from './client_certificate.ts'
import type { TlsListenerOptions } from './tls_listener.ts'
import { openTlsFiles } from './tls_listener_files.ts'
import { createTrustedProxies, directOrigin, type RequestOrigin } from './trusted_proxies.ts'

export interface ListenerSettings {
  /** Undefined: the public listener speaks plain HTTP. */
  readonly publicTls: TlsListenerOptions | undefined
  /** Undefined: there is no port of its own for requests with a certificate. */
  readonly mtls: { readonly port: number; readonly tls: TlsListenerOptions } | undefined
  readonly origin: RequestOrigin
  /** Undefined: no certificate is ever asked for. The port is the one that is listened on, where there is one of its own. */
  readonly mutualTls: (issuer: string, port: number | undefined) => MutualTls | undefined
  /** Ends the watch on the files. */
  readonly stop: () => void
}

/** @throws {ConfigurationError} when a file cannot be read or used. */
export const openListenerSettings = (
  configuration: Configuration,
  deps: { readonly clock: Clock; readonly logger: Logger },
): ListenerSettings => {
  const { tlsCertificate, tlsKey, tlsClientCa, mtlsPort, mtlsUrl, clientCertificateHeader } = configuration
  const pair =
    tlsCertificate !== undefined && tlsKey !== undefined ? { certificate: tlsCertificate, key: tlsKey } : undefined
  const files = openTlsFiles({ pair, clientAuthorities: tlsClientCa }, deps)
  const proxies = configuration.trustedProxies && createTrustedProxies(configuration.trustedProxies)
  const { authorities, material } = files
  const asks = (material !== undefined && mtlsPort !== 'off') || clientCertificateHeader !== undefined
  const certificates = asks
    ? createClientCertificates({ authorities, proxies, header: clientCertificateHeader, ...deps })
    : undefined
  const asking = mtlsPort === 'same' ? certificates : undefined
  return {
    publicTls: material && { files, material, certificates: asking },
    mtls:
      material && typeof mtlsPort === 'number' ? { port: mtlsPort, tls: { files, material, certificates } } : undefined,
    origin: {
      remoteAddressOf: proxies?.remoteAddressOf ?? directOrigin.remoteAddressOf,
      certificateOf: certificates?.read ?? directOrigin.certificateOf,
    },
    mutualTls: (issuer, port) =>
      asks ? { hasAuthorities: authorities !== undefined, url: mtlsUrl ?? urlWithPort(issuer, port) } : undefined,
    stop: files.stop,
  }
}

const urlWithPort = (issuer: string, port: number | undefined): string | undefined => {
  if (port === undefined) return undefined
  const url = new URL(issuer)
  url.protocol = 'https:'
  url.port = String(port)
  return url.href
}
