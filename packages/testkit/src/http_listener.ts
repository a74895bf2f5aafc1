/** The listener: loopback, a free port, bounded bodies, faults before anything else. RFC 9112. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { OAuthError } from '@credence/protocol'
import type { StruckFault } from './faults.ts'
import type { SkinAnswer } from './skins/skin.ts'

export interface Arrived {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Listener {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** Cuts every connection. Twice is as good as once. */
  readonly close: () => Promise<void>
}

export interface Answering {
  /** The fault that strikes this request, if any. */
  readonly faultFor: (arrived: Arrived) => StruckFault | undefined
  readonly answer: (arrived: Arrived) => Promise<SkinAnswer>
  /** What a fault that is a status is answered with. */
  readonly answerFault: (status: number, retryAfter: number | string | undefined) => SkinAnswer
  /** What an answer to a body that is too large, or breaks off, is. */
  readonly refuse: (thrown: unknown) => SkinAnswer
}

const maxBodyBytes = 65_536
const maxConnections = 10_000

/** The handler is made when the port is known, since every URL has it in. */
export const listen = async (createAnswering: (origin: string) => Answering): Promise<Listener> => {
  let answering: Answering | undefined
  const server = createServer({ requestTimeout: 30_000, maxHeaderSize: 65_536 }, (request, response) => {
    if (answering === undefined) response.destroy()
    else handle(answering, request, response).catch(() => response.destroy())
  })
  server.maxConnections = maxConnections
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // a test that forgets to close it must still end
  server.unref()
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the listener has no port')
  const origin = `http://127.0.0.1:${address.port}`
  answering = createAnswering(origin)
  return {
    origin,
    close: async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const handle = async (answering: Answering, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { method = '', url = '', headers } = request
  const queryStart = url.indexOf('?')
  const arrived = {
    method,
    path: queryStart === -1 ? url : url.slice(0, queryStart),
    query: queryStart === -1 ? '' : url.slice(queryStart + 1),
    headers,
  }
  const body = await readBody(request).catch((error: unknown) => {
    write(response, answering.refuse(error), { connection: 'close' })
    return undefined
  })
  if (body === undefined) return
  const whole = { ...arrived, body }
  const fault = answering.faultFor(whole)
  if (fault !== undefined && fault.kind !== 'slowMs') {
    strike(fault, answering, response)
    return
  }
  const answered = await answering.answer(whole)
  if (fault?.slowMs === undefined) write(response, answered)
  else setTimeout(() => write(response, answered), fault.slowMs)
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  let body = ''
  // not destroyed when reading ends early: the refusal still has to be sent
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    // one character a byte: a form is ASCII, and whoever parses it refuses the rest
    body += (chunk as Buffer).toString('latin1')
    if (body.length > maxBodyBytes) throw new OAuthError('invalid_request', 'the body is too large', { status: 413 })
  }
  return body
}

const neverStored = { 'cache-control': 'no-store', pragma: 'no-cache' }
const storedShortly = { 'cache-control': 'public, max-age=300' }

const write = (response: ServerResponse, { status, headers, isPublic, body }: SkinAnswer, more = {}): void => {
  if (response.destroyed) return
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(isPublic === true ? storedShortly : neverStored),
    ...headers,
    ...more,
  })
  response.end(JSON.stringify(body))
}

const strike = (fault: StruckFault, { answerFault }: Answering, response: ServerResponse): void => {
  switch (fault.kind) {
    case 'status':
      write(response, answerFault(fault.status ?? 500, fault.retryAfter))
      return
    case 'garbage':
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x00, 0x3a]))
      return
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.end('<!doctype html><title>Sign in to the network</title><p>This is not an authorization server.')
      return
    case 'cutConnection':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"access_token":"', () => response.destroy())
      return
    case 'slowMs':
    case 'hang':
      // close() and the client's own patience end it
      return
  }
}
