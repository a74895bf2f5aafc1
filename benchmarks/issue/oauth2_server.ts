/** @node-oauth/oauth2-server over node:http, with opaque tokens kept in memory, the newest of them. */
import { createServer } from 'node:http'
import OAuth2Server from '@node-oauth/oauth2-server'
import { clientId, clientSecret, scope, tokenTtlSeconds } from '../servers/request.ts'
import { serve } from '../servers/serving.ts'

const client = { id: clientId, grants: ['client_credentials'] }
const tokensKept = 10_000
const tokens = new Map<string, OAuth2Server.Token>()

const server = new OAuth2Server({
  accessTokenLifetime: tokenTtlSeconds,
  model: {
    getClient: async (id: string, secret: string) => id === clientId && secret === clientSecret && client,
    getUserFromClient: async () => ({ id: clientId }),
    validateScope: async (_user: unknown, _client: unknown, asked?: string[]) =>
      (asked ?? [scope]).every((each) => each === scope) && [scope],
    saveToken: async (token: OAuth2Server.Token, owner: OAuth2Server.Client, user: OAuth2Server.User) => {
      const stored = { ...token, client: owner, user }
      tokens.set(token.accessToken, stored)
      if (tokens.size > tokensKept) tokens.delete(tokens.keys().next().value ?? '')
      return stored
    },
    getAccessToken: async (accessToken: string) => tokens.get(accessToken),
  },
})

const listener = createServer((incoming, outgoing) => {
  let form = ''
  incoming.setEncoding('latin1')
  incoming.on('data', (chunk: string) => {
    form += chunk
  })
  incoming.on('end', async () => {
    const body = Object.fromEntries(new URLSearchParams(form))
    const request = new OAuth2Server.Request({ method: 'POST', headers: headersOf(incoming.headers), query: {}, body })
    const response = new OAuth2Server.Response({})
    const status = await server.token(request, response).then(
      () => response.status ?? 200,
      () => 400,
    )
    outgoing.writeHead(status, { ...response.headers, 'content-type': 'application/json' })
    outgoing.end(JSON.stringify(response.body))
  })
})

const headersOf = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

serve(listener, '/token')
