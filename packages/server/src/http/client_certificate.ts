/** Whose certificate a request came with: of its connection, or of a header that a trusted proxy wrote. RFC 8705 §2, RFC 9440. */
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import {
  type ClientCertificateFormat,
  type Clock,
  clientCertificateHeaders,
  parseClientCertificateChain,
  parseClientCertificateHeader,
} from '@credence/protocol'
import type { Logger } from 'pino'
import { createTwoGenerationCache } from '../directory/two_generation_cache.ts'
import type { ClientAuthorities } from './client_certificate_authorities.ts'
import type { ClientCertificate } from './http_request.ts'
import type { TrustedProxies } from './trusted_proxies.ts'

export interface CertificateHeader {
  readonly format: ClientCertificateFormat
  /** In lower case. */
  readonly name: string
}

/** How operators name the forms. */
export const certificateHeaderForms: Readonly<Record<string, ClientCertificateFormat>> = {
  rfc9440: 'rfc9440',
  nginx: 'nginx',
  envoy: 'envoy',
  haproxy: 'haproxy',
  'aws-alb': 'aws_alb',
}

/** For proxies that are told what to call it. */
const customaryName = 'x-client-cert'

/** Reads `FORMAT` or `FORMAT:HEADER`; undefined when it is neither. RFC 9110 §5.6.2. */
export const readCertificateHeader = (text: string): CertificateHeader | undefined => {
  const [, form = '', given] = /^([a-z0-9-]+)(?::([A-Za-z0-9!#$%&'*+.^_`|~-]+))?$/.exec(text) ?? []
  const format = Object.hasOwn(certificateHeaderForms, form) ? certificateHeaderForms[form] : undefined
  return format && { format, name: (given ?? clientCertificateHeaders[format] ?? customaryName).toLowerCase() }
}

export interface ClientCertificateDeps {
  /** Undefined: nobody's signature is trusted, and only keys count. */
  readonly authorities: ClientAuthorities | undefined
  /** Undefined: no hop is trusted. */
  readonly proxies: TrustedProxies | undefined
  /** Undefined: no header is read. */
  readonly header: CertificateHeader | undefined
  readonly clock: Clock
  readonly logger: Logger
}

/** Undefined: none was sent, or it came from a hop that nobody trusts. */
export type ReadClientCertificate = (request: IncomingMessage) => ClientCertificate | undefined

export interface ClientCertificates {
  readonly read: ReadClientCertificate
  /** Which authorities a handshake that begins now is held against. */
  readonly version: () => number
  /** A handshake that began then has ended. */
  readonly established: (socket: TLSSocket, version: number) => void
  /** Whether a connection was held against authorities that are not trusted any more, so that it should be made anew. */
  readonly isOutdated: (request: IncomingMessage) => boolean
}

/**
 * Creates the reader.
 *
 * A certificate of the connection itself is trusted when OpenSSL found its chain good in the handshake; once an authority has been
 * removed, when it leads to one of those that are left. One from a header is checked here, whatever the proxy has checked: then it
 * does not matter how the proxy is configured, and what is trusted is said in one place.
 */
export const createClientCertificates = (deps: ClientCertificateDeps): ClientCertificates => {
  const { authorities, proxies, header, logger } = deps
  const handshakes = new WeakMap<object, number>()
  const hasHeld = (socket: object) => authorities?.hold(handshakes.get(socket) ?? -1) ?? true
  const readConnection = createConnectionReader(authorities, hasHeld)
  const readHeader = header && createHeaderReader(header, deps)
  const noteForged = header && createForgeryNote(header, logger)
  return {
    read(request) {
      // behind a proxy the certificate of the connection is the proxy's own
      if (proxies?.includes(request.socket.remoteAddress)) return readHeader?.(request)
      noteForged?.(request)
      return readConnection(request)
    },
    version: () => authorities?.version ?? 0,
    established: (socket, version) => handshakes.set(socket, version),
    isOutdated: ({ socket }) => !hasHeld(socket),
  }
}

/** A connection's certificate, and the authorities that it was last held against. */
interface Seen {
  readonly version: number
  readonly certificate: ClientCertificate
}

const createConnectionReader = (
  authorities: ClientAuthorities | undefined,
  hasHeld: (socket: TLSSocket) => boolean,
): ReadClientCertificate => {
  const connections = new WeakMap<TLSSocket, Seen>()

  // without authorities of its own, Node asks those of the web, whose word is none about clients; and once the handshake is
  // over, it does not tell what else the client sent, so that a chain can only be made from what the bundle has
  const isTrusted = (socket: TLSSocket, raw: Uint8Array): boolean =>
    authorities !== undefined && ((socket.authorized && hasHeld(socket)) || authorities.isTrusted(raw, []))

  return ({ socket }) => {
    if (!(socket instanceof TLSSocket)) return undefined
    const seen = connections.get(socket)
    const version = authorities?.version ?? 0
    if (seen?.version === version) return seen.certificate
    const raw = seen?.certificate.raw ?? socket.getPeerX509Certificate()?.raw
    if (raw === undefined) return undefined
    const certificate = { raw, isTrusted: isTrusted(socket, raw) }
    connections.set(socket, { version, certificate })
    return certificate
  }
}

/** RFC 9440 §2.3. */
const chainHeader = 'client-cert-chain'

/** Whom a header names is worked out once a minute at most: the same few clients come again and again. */
const rememberedHeaders = 512
const rememberedMs = 60_000

interface Remembered extends Seen {
  readonly untilMs: number
}

const createHeaderReader = (
  { format, name }: CertificateHeader,
  { authorities, clock }: ClientCertificateDeps,
): ReadClientCertificate => {
  const remembered = createTwoGenerationCache<Remembered>(rememberedHeaders)

  const parse = (value: string, chain: string): ClientCertificate | undefined => {
    const raw = parseClientCertificateHeader(format, value)
    if (raw === undefined) return undefined
    const others = parseClientCertificateChain(format, format === 'rfc9440' ? chain : value)
    return { raw, isTrusted: authorities?.isTrusted(raw, others) ?? false }
  }

  return ({ headersDistinct }) => {
    const [value, second] = headersDistinct[name] ?? []
    // RFC 9440 §2.2: the header is one item; of two nobody can say which one the proxy wrote
    if (value === undefined || value === '' || second !== undefined) return undefined
    // §2.3: the chain is a list, which may come in several
    const chain = format === 'rfc9440' ? (headersDistinct[chainHeader] ?? []).join(',') : ''
    const key = `${value}\n${chain}`
    const version = authorities?.version ?? 0
    const before = remembered.get(key)
    const nowMs = clock.monotonicMs()
    if (before !== undefined && before.version === version && nowMs < before.untilMs) return before.certificate
    const certificate = parse(value, chain)
    if (certificate !== undefined) remembered.set(key, { version, certificate, untilMs: nowMs + rememberedMs })
    return certificate
  }
}

/** Once is enough to be looked into; whoever sends such a header could fill the log otherwise. */
const createForgeryNote = ({ name }: CertificateHeader, logger: Logger) => {
  let noted = false
  return ({ headers, socket }: IncomingMessage): void => {
    if (noted || headers[name] === undefined) return
    noted = true
    logger.warn(
      { header: name, remote_address: socket.remoteAddress },
      'a client certificate header from an address that is not in trusted_proxies was ignored; so are others, without a word',
    )
  }
}
