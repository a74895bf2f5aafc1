/** Stands in front of a server as a load balancer does, and spoils what passes through as a test asks. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createRequire } from 'node:module'

export interface Passing {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What becomes of an answer; undefined: it never comes. */
export type Spoil = (path: string, answer: Passing) => Passing | undefined

export interface Front {
  readonly origin: string
  /** Where requests go from now on. */
  forward(target: string): void
  /** How answers are spoilt from now on. */
  spoil(change: Spoil): void
  close(): Promise<void>
}

interface SelfSigned {
  readonly generate: (
    attributes: readonly { readonly name: string; readonly value: string }[],
    options: object,
  ) => Promise<{ readonly private: string; readonly cert: string }>
}

const { generate }: SelfSigned = createRequire(import.meta.url)('selfsigned')

export interface CertificateOptions {
  /** An address or a name. */
  readonly name?: string
  readonly notBeforeDate?: Date
  readonly notAfterDate?: Date
}

export const makeServerCertificate = async ({ name = '127.0.0.1', ...dates }: CertificateOptions = {}) => {
  const altName = /^[\d.]+$/.test(name) ? { type: 7, ip: name } : { type: 2, value: name }
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [altName] }],
    ...dates,
  })
  return { cert, key }
}

export const startFront = async (pair?: { readonly cert: string; readonly key: string }): Promise<Front> => {
  let target = ''
  let change: Spoil = (_path, answer) => answer
  const handle: Parameters<typeof createServer>[1] & object = async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers
    if (target === '') return void response.writeHead(502).end()
    const passed = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    })
    const answer = { status: passed.status, headers: Object.fromEntries(passed.headers), body: await passed.text() }
    const spoilt = change(request.url ?? '', answer)
    if (spoilt === undefined) return
    const { 'content-length': _old, 'transfer-encoding': _encoding, ...kept } = spoilt.headers
    response.writeHead(spoilt.status, kept)
    response.end(spoilt.body)
  }
  const server: Server = pair === undefined ? createServer(handle) : createTlsServer(pair, handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the front has no port')
  return {
    origin: `${pair === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    forward: (given) => {
      target = given
    },
    spoil: (given) => {
      change = given
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
