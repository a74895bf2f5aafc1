/** An issuer on loopback that answers introspection calls as a test says. RFC 7662, RFC 9701. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createSigner, encodeHeader, generateSigningKeyPair, publicJwk, signCompact } from '@credence/jwt'
import { createResourceServer, type ResourceServerOptions } from '../resource_server.ts'
import type { IssuerOptions } from '../trusted_issuers.ts'
import { createTestClock, now, resource } from './test_issuer.ts'

export interface IntrospectionCall {
  readonly headers: IncomingMessage['headers']
  readonly form: URLSearchParams
}

export const startIntrospectingIssuer = async () => {
  const { privateKey, publicKey } = await generateSigningKeyPair('ES256')
  const signer = createSigner({ privateKey, algorithm: 'ES256', kid: 'key-1' })
  const jwk = publicJwk(publicKey, { algorithm: 'ES256', kid: 'key-1' })
  const calls: IntrospectionCall[] = []
  const requests: string[] = []
  const state = {
    status: 200,
    headers: { 'content-type': 'application/json' } as Record<string, string>,
    /** The answer: an object as JSON, a string as it is. */
    answer: {} as object | string,
    /** Until this resolves nothing is answered. */
    gate: undefined as Promise<void> | undefined,
    metadata: {} as object,
  }

  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    requests.push(request.url ?? '')
    if (request.method === 'GET') {
      const document = request.url === '/keys' ? { keys: [jwk] } : state.metadata
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
      return
    }
    calls.push({ headers: request.headers, form: new URLSearchParams(await text(request)) })
    await state.gate
    const { answer } = state
    response.writeHead(state.status, state.headers).end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  }

  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  state.metadata = { issuer, jwks_uri: `${issuer}/keys`, introspection_endpoint: `${issuer}/introspect` }
  const claims = {
    iss: issuer,
    sub: 'reporter',
    client_id: 'reporter',
    aud: resource,
    scope: 'orders:read',
    iat: now,
    exp: now + 600,
    jti: 'token-1',
  }
  state.answer = { active: true, token_type: 'Bearer', ...claims }
  const sign = (payload: object, header: object = {}) =>
    signCompact(signer, encodeHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'key-1', ...header }), { ...payload })

  return {
    issuer,
    claims,
    calls,
    requests,
    state,
    sign,
    /** Answers with a signed JWT from now on. */
    answerSigned: async (wrong: object = {}, header: object = {}) => {
      state.headers = { 'content-type': 'application/token-introspection+jwt' }
      state.answer = await sign(
        { iss: issuer, aud: 'orders-server', iat: now, token_introspection: { active: true, ...claims }, ...wrong },
        { typ: 'token-introspection+jwt', ...header },
      )
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

export type IntrospectingIssuer = Awaited<ReturnType<typeof startIntrospectingIssuer>>

/** A resource server that asks this issuer. */
export const createAskingServer = (
  { issuer }: IntrospectingIssuer,
  introspection: Partial<IssuerOptions['introspection'] & {}> = {},
  options: Partial<ResourceServerOptions> = {},
) => {
  const clock = createTestClock()
  const server = createResourceServer({
    resource,
    issuers: [{ issuer, introspection: { clientId: 'orders-server', clientSecret: 's3cret', ...introspection } }],
    clock,
    ...options,
  })
  const verify = (token: string, requirement = {}) =>
    server.verify({ method: 'GET', url: '/', headers: { authorization: `Bearer ${token}` } }, requirement)
  return { clock, server, verify }
}
