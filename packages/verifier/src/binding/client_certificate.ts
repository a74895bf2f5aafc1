/** Whose certificate a request came with: of its connection, or of a header that a trusted proxy wrote. RFC 8705 §3, RFC 9440. */
import {
  type ClientCertificateFormat,
  clientCertificateHeaders,
  parseClientCertificateHeader,
} from '@credence/protocol'
import { headerValues, type ResourceRequest } from '../request.ts'
import { createAddressList } from './address_list.ts'

export interface MutualTlsOptions {
  /** Given, the certificate is read from a header of the proxies that end TLS in front of this server. */
  readonly certificateHeader?: CertificateHeaderOptions
}

export interface CertificateHeaderOptions {
  readonly format: ClientCertificateFormat
  /** The header's name, where the format does not fix it (nginx, haproxy) or the proxy is told another. */
  readonly name?: string
  /** Addresses and networks (10.0.0.0/8) the header is believed from. It must be one that these proxies always overwrite. */
  readonly trustedProxies: readonly string[]
}

/** DER; undefined where the client showed no certificate. */
export type ReadClientCertificate = (request: ResourceRequest) => Uint8Array | undefined

/**
 * Creates the reader.
 *
 * Behind a trusted proxy the connection's own certificate is the proxy's, and never the client's; from anybody else the
 * header is as if it were not there.
 *
 * @throws {TypeError} when an option is not usable.
 */
export const createClientCertificateReader = ({ certificateHeader }: MutualTlsOptions): ReadClientCertificate => {
  if (certificateHeader === undefined) return (request) => request.certificate?.raw
  const { format } = certificateHeader
  const header = headerNameOf(certificateHeader)
  const isTrusted = createAddressList(certificateHeader.trustedProxies)
  return (request) => {
    const { remoteAddress } = request
    if (remoteAddress === undefined || !isTrusted(remoteAddress)) return request.certificate?.raw
    const [value, second] = headerValues(request.headers, header)
    return value === undefined || second !== undefined ? undefined : parseClientCertificateHeader(format, value)
  }
}

const headerNameOf = ({ format, name }: CertificateHeaderOptions): string => {
  if (!Object.hasOwn(clientCertificateHeaders, format)) {
    const known = Object.keys(clientCertificateHeaders).join(', ')
    throw new TypeError(`mutualTls.certificateHeader.format must be one of ${known}`)
  }
  const header = name ?? clientCertificateHeaders[format]
  if (header === undefined || !/^[a-z0-9!#$%&'*+.^_`|~-]+$/i.test(header)) {
    throw new TypeError(`mutualTls.certificateHeader.name must be the header that ${format} is told to write`)
  }
  return header.toLowerCase()
}
