/** A fetch that presents a client certificate, over node:https. RFC 8705. Node only. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createSecureContext } from 'node:tls'
import type { Fetch } from '../requests/bounded_fetch.ts'
import { TokenError } from '../token_error.ts'
import { watchFile } from './watched_file.ts'

/** PEM text, or a file that is looked at before every request. */
export type Pem = string | { readonly file: string }

export interface ClientCertificate {
  /** The certificate, with the chain below the root where there is one. */
  readonly cert: Pem
  readonly key: Pem
  /** Who is trusted to be the server, in place of the system's authorities. */
  readonly ca?: Pem | undefined
}

/**
 * Makes a fetch that presents the certificate to every server that asks for one.
 *
 * Certificate and key are read again when their files change, and used from the next connection on; while they do not belong
 * together, because only one of them has been replaced, the pair before goes on being used. Redirects are returned, never
 * followed. Only https: there is no certificate without it.
 *
 * @throws {TokenError} `invalid_configuration` when what is given as text is no pair
 * @returns a fetch that also throws TokenError: `insecure_url`, and `credential_unavailable` when there is no usable pair
 */
export const createMtlsFetch = (certificate: ClientCertificate): Fetch => {
  checkTexts(certificate)
  const currentAgent = createAgents(certificate)
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    if (url.protocol !== 'https:') {
      throw new TokenError('insecure_url', `no certificate can be presented to ${url.origin}: mutual TLS needs https`)
    }
    request.signal.throwIfAborted()
    const agent = await currentAgent()
    const headers = { 'accept-encoding': 'identity', ...Object.fromEntries(request.headers) }
    const sent = httpsRequest(url, { method: request.method, headers, agent, signal: request.signal })
    const answered = once(sent, 'response')
    // its failure is that of the answer
    answered.catch(() => undefined)
    if (request.body === null) sent.end()
    else pipeline(Readable.fromWeb(request.body), sent).catch(() => undefined)
    const [response] = await answered
    return toResponse(response)
  }
}

const withoutBody: ReadonlySet<number> = new Set([204, 205, 304])

const toResponse = (message: IncomingMessage): Response => {
  const { statusCode: status = 500, rawHeaders } = message
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  if (withoutBody.has(status)) {
    message.resume()
    return new Response(null, { status, headers })
  }
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      message.on('data', (chunk: Uint8Array) => {
        controller.enqueue(chunk)
        if ((controller.desiredSize ?? 1) <= 0) message.pause()
      })
      message.on('end', () => controller.close())
      message.on('error', (error) => controller.error(error))
    },
    pull: () => {
      message.resume()
    },
    cancel: () => {
      message.destroy()
    },
  })
  return new Response(body, { status, headers })
}

/** What is in files may not be there yet; what is given as text is. */
const checkTexts = ({ cert, key, ca }: ClientCertificate): void => {
  if (!cert || !key) throw new TokenError('invalid_configuration', 'mutual TLS needs cert and key')
  if (typeof cert !== 'string' || typeof key !== 'string') return
  const fault = faultOf({ cert, key, ca: typeof ca === 'string' ? ca : undefined })
  if (fault !== undefined) throw new TokenError('invalid_configuration', fault)
}

/** One agent for one pair: connections are kept, and a new pair begins with new ones. */
const createAgents = (certificate: ClientCertificate): (() => Promise<Agent>) => {
  const readers = [certificate.cert, certificate.key, certificate.ca].map(readerOf)
  let current: { readonly agent: Agent; readonly version: string } | undefined
  return async () => {
    try {
      const [cert, key, ca] = await Promise.all(readers.map((read) => read?.()))
      const version = [cert, key, ca].map((file) => file?.version).join('\n')
      if (current?.version === version) return current.agent
      const agent = createAgent({ cert: cert?.text, key: key?.text, ca: ca?.text })
      if (current !== undefined) retire(current.agent)
      current = { agent, version }
      return agent
    } catch (error) {
      if (current !== undefined) return current.agent
      throw error
    }
  }
}

interface PemTexts {
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly ca: string | undefined
}

const createAgent = (texts: PemTexts): Agent => {
  const fault = faultOf(texts)
  if (fault !== undefined) throw new TokenError('credential_unavailable', fault)
  return new Agent({ ...secureOptions(texts), keepAlive: true, timeout: 60_000, minVersion: 'TLSv1.2' })
}

const faultOf = (texts: PemTexts): string | undefined => {
  try {
    createSecureContext(secureOptions(texts))
    return undefined
  } catch (error) {
    // OpenSSL's codes name what is wrong and nothing of the key
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return `certificate and key cannot be used (${code}): are they a pair, in PEM?`
  }
}

const secureOptions = ({ cert, key, ca }: PemTexts) => ({ cert, key, ...(ca !== undefined && { ca }) })

/** Requests under way end; no connection is kept. */
const retire = (agent: Agent): void => {
  agent.maxFreeSockets = 0
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

const readerOf = (pem: Pem | undefined) => {
  if (pem === undefined) return undefined
  if (typeof pem === 'object') return watchFile(pem.file)
  return async () => ({ text: pem, version: '' })
}
