/** Reads the body of a request as text, within a bound. RFC 9110 §15.5.14. */
import type { IncomingMessage } from 'node:http'
import { OAuthError } from '@credence/protocol'

/** Bytes. A token request is some hundred; a client assertion some thousand. */
const maxBodyBytes = 64 * 1024

/**
 * Reads the whole body. Bytes become characters one to one, since nothing but ASCII may stand in a form; whoever parses it
 * refuses the rest.
 *
 * @throws {OAuthError} `invalid_request` with status 413 when it is larger than 64 KiB, 400 when the sender breaks off.
 */
export const readBody = (request: IncomingMessage): Promise<string> =>
  new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge()
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1')
      if (body.length <= maxBodyBytes) return
      request.pause()
      reject(tooLarge())
    })
    request.on('end', () => resolve(body))
    request.on('error', () => reject(new OAuthError('invalid_request', 'the request broke off')))
  })

/** What is still to come is not read: the connection ends with the answer. */
const tooLarge = () =>
  new OAuthError('invalid_request', 'the body is too large', { status: 413, headers: { connection: 'close' } })
