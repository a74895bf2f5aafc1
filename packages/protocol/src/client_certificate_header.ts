/** A client certificate in the header of a proxy that ended the TLS connection, in the forms of common proxies. RFC 9440. */

/** Who writes the header. */
export type ClientCertificateFormat = 'rfc9440' | 'nginx' | 'envoy' | 'haproxy' | 'aws_alb'

/** The name of the header in lower case; undefined where the proxy's configuration chooses it. */
export const clientCertificateHeaders: Readonly<Record<ClientCertificateFormat, string | undefined>> = {
  rfc9440: 'client-cert',
  nginx: undefined,
  envoy: 'x-forwarded-client-cert',
  haproxy: undefined,
  aws_alb: 'x-amzn-mtls-clientcert',
}

/** A longer value is not read. */
export const maxCertificateHeaderLength = 32_768

/**
 * The client's certificate as DER; undefined when the value has none, or is not exactly of the form.
 *
 * Does not check: that whoever sent the header is a proxy to be trusted; that the bytes are a certificate.
 *
 * @see RFC 9440 §2.2
 */
export const parseClientCertificateHeader = (format: ClientCertificateFormat, value: string): Uint8Array | undefined =>
  value.length > maxCertificateHeaderLength ? undefined : parsers[format](value.trim())

/**
 * The certificates that the client sent beside its own, as DER, those of authorities; empty where the form has none, or the value is
 * not exactly of the form. Of RFC 9440 the value is that of Client-Cert-Chain.
 *
 * Does not check: the chain itself.
 *
 * @see RFC 9440 §2.3
 */
export const parseClientCertificateChain = (format: ClientCertificateFormat, value: string): readonly Uint8Array[] => {
  if (value.length > maxCertificateHeaderLength) return []
  if (format === 'rfc9440') return wholeChain(value.split(',').map((item) => parseByteSequence(item.trim())))
  return format === 'aws_alb' ? wholeChain(pemChain(percentDecode(value.trim()) ?? '').slice(1)) : []
}

const wholeChain = (certificates: readonly (Uint8Array | undefined)[]): readonly Uint8Array[] => {
  const chain = certificates.filter((certificate) => certificate !== undefined)
  return chain.length === certificates.length ? chain : []
}

const mostInChain = 10

const pemChain = (pem: string): readonly (Uint8Array | undefined)[] => {
  const chain: (Uint8Array | undefined)[] = []
  for (let rest = pem; rest !== '' && chain.length < mostInChain; ) {
    const block = pemBlock.exec(rest)?.[0]
    chain.push(decodePem(rest, 'first of a chain'))
    rest = block === undefined ? '' : rest.slice(block.length)
  }
  return chain
}

/** Client-Cert: "encoded as a Byte Sequence": `:BASE64:`. */
const parseByteSequence = (value: string) => decodeBase64(/^:([^:]*):$/.exec(value)?.[1])

/** `$ssl_client_escaped_cert`: the certificate in PEM, percent-encoded whole. */
const parseEscapedPem = (value: string) => decodePem(percentDecode(value), 'alone')

/** `[ssl_c_der,base64]`, in quotes where the configuration says `%{+Q}`. */
const parseBase64 = (value: string) => decodeBase64(/^"(.*)"$/.exec(value)?.[1] ?? value)

/** PEM, percent-encoded but for `+`, `=` and `/`; in pass-through mode the chain follows the client's own certificate. */
const parseAlbPem = (value: string) => decodePem(percentDecode(value), 'first of a chain')

// one pair and what ends it; after a quoted value nothing else may stand. In this and the next, no two parts that follow
// each other can match the same white space, or a header full of it would be tried in every way to divide it
const forwardedPair = /\s*([a-z]+)=(?:"((?:[^"\\]|\\.)*)"\s*|([^",;]*))([,;]|$)/iy

/**
 * X-Forwarded-Client-Cert: an element per proxy, `By=…;Hash=…;Cert="percent-encoded PEM";…`. The last element is that of
 * the proxy nearest to here; those before it may be anybody's, so that one quote too many in them spoils the whole: it
 * could make names of what the last proxy wrote as values.
 */
const parseForwardedClientCert = (value: string): Uint8Array | undefined => {
  let certificates: string[] = []
  forwardedPair.lastIndex = 0
  for (let pair = forwardedPair.exec(value); pair !== null; pair = forwardedPair.exec(value)) {
    const [, name = '', quoted, token = '', end] = pair
    if (name.toLowerCase() === 'cert') certificates.push(quoted ?? token)
    if (end === '')
      return certificates.length === 1 ? decodePem(percentDecode(certificates[0] ?? ''), 'alone') : undefined
    if (end === ',') certificates = []
  }
  return undefined
}

const parsers: Readonly<Record<ClientCertificateFormat, (value: string) => Uint8Array | undefined>> = {
  rfc9440: parseByteSequence,
  nginx: parseEscapedPem,
  envoy: parseForwardedClientCert,
  haproxy: parseBase64,
  aws_alb: parseAlbPem,
}

/** Percent-decoding, which leaves `+` as it is: it is a letter of base64 here, and no space. */
const percentDecode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const pemBlock = /^-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*/

/** RFC 7468 §5. */
const decodePem = (pem: string | undefined, position: 'alone' | 'first of a chain'): Uint8Array | undefined => {
  const [block, body] = pemBlock.exec(pem ?? '') ?? []
  if (block === undefined || body === undefined || (position === 'alone' && block.length !== pem?.length))
    return undefined
  return decodeBase64(body.replace(/\s/g, ''))
}

const base64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const decodeBase64 = (text: string | undefined): Uint8Array | undefined =>
  text !== undefined && base64.test(text)
    ? Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    : undefined
