/** An authorization server over real HTTP on loopback that fails as a scenario tells it to, and counts. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { SimulatedTime } from './simulated_time.ts'

export const lifetimeSeconds = 3_600

/** `up`, `cut` (the connection is broken), or how long each 429 asks to be left alone. */
export type Fault = 'up' | 'cut' | { readonly retryAfterSeconds: number }

export interface FaultyServer extends AsyncDisposable {
  readonly url: string
  fault: Fault
  /** Token requests that arrived. */
  readonly requests: () => number
  /** Those that arrived before a pause that was asked for had passed. */
  readonly tooEarly: () => number
  /** Is this a token that was issued here and has not expired, by the clock of the world? */
  readonly accepts: (accessToken: string) => boolean
}

export const startFaultyServer = async (time: SimulatedTime): Promise<FaultyServer> => {
  const expiries = new Map<string, number>()
  let requests = 0
  let tooEarly = 0
  let pausedUntil = 0

  const answer = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}) => {
    const date = new Date(time.trueSeconds() * 1000).toUTCString()
    response.writeHead(status, { 'content-type': 'application/json', date, ...headers })
    response.end(JSON.stringify(body))
  }

  const answerTokenRequest = (form: URLSearchParams, response: ServerResponse) => {
    requests++
    const now = time.trueSeconds()
    if (now < pausedUntil) tooEarly++
    if (handle.fault === 'cut') return response.destroy()
    if (handle.fault !== 'up') {
      const { retryAfterSeconds } = handle.fault
      pausedUntil = now + retryAfterSeconds
      return answer(response, 429, { error: 'slow_down' }, { 'retry-after': String(retryAfterSeconds) })
    }
    if (!isTimely(form.get('client_assertion'), now)) return answer(response, 401, { error: 'invalid_client' })
    const accessToken = `token-${requests}`
    expiries.set(accessToken, now + lifetimeSeconds)
    return answer(response, 200, { access_token: accessToken, token_type: 'Bearer', expires_in: lifetimeSeconds })
  }

  const server = createServer(async (request, response) => {
    const form = await readForm(request)
    if (request.url?.startsWith('/.well-known/') !== true) return answerTokenRequest(form, response)
    return answer(response, 200, { issuer: handle.url, token_endpoint: `${handle.url}/oauth/token` })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  const handle: FaultyServer = {
    url: `http://127.0.0.1:${address.port}`,
    fault: 'up',
    requests: () => requests,
    tooEarly: () => tooEarly,
    accepts: (accessToken) => (expiries.get(accessToken) ?? 0) > time.trueSeconds(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return handle
}

/** RFC 7523 §3: exp must not have passed and iat must not be "unreasonably far" ahead; 60 s are let pass. No signature is checked. */
const isTimely = (assertion: string | null, now: number): boolean => {
  if (assertion === null) return true
  const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())
  return claims.exp > now - 60 && (claims.iat ?? claims.nbf) < now + 60
}

const readForm = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return new URLSearchParams(Buffer.concat(chunks).toString())
}
