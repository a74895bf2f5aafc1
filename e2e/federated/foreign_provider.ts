/** node-oidc-provider as the foreign issuer: discovery, keys and JWT access tokens over HTTP, and keys that are replaced. */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'

interface ProviderModule {
  readonly Provider: new (issuer: string, configuration: object) => { callback(): RequestListener }
}

// the package has no types of its own
const { Provider }: ProviderModule = createRequire(import.meta.url)('oidc-provider')

export interface ForeignProvider extends AsyncDisposable {
  readonly issuer: string
  /** Requests it has answered, by path. */
  readonly asked: readonly string[]
  /** Signs with a new key from now on; the old one stays in the set. */
  readonly rotate: () => void
  /** A token of its own for its client `reporter`. */
  readonly token: (audience: string) => Promise<string>
  /** Stops listening, or begins again at the same address. */
  readonly goAway: () => Promise<void>
  readonly comeBack: () => Promise<void>
}

const signingKey = (kid: string) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  ...{ alg: 'ES256', use: 'sig', kid },
})

export const startForeignProvider = async (): Promise<ForeignProvider> => {
  const keys = [signingKey('foreign-1')]
  const asked: string[] = []
  let answer: RequestListener = () => {}
  const createListener = () =>
    createServer((request, response) => {
      asked.push(request.url ?? '')
      answer(request, response)
    })
  let server = createListener()
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
  const port = await listen(0)
  const issuer = `http://127.0.0.1:${port}`
  const configure = () => {
    answer = new Provider(issuer, {
      clients: [
        {
          client_id: 'reporter',
          client_secret: 'foreign-secret',
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          id_token_signed_response_alg: 'ES256',
        },
      ],
      jwks: { keys },
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_: unknown, audience: string) => ({
            ...{ scope: '', audience, accessTokenFormat: 'jwt' },
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
    }).callback()
  }
  configure()
  const goAway = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return {
    issuer,
    asked,
    rotate() {
      keys.unshift(signingKey(`foreign-${keys.length + 1}`))
      configure()
    },
    async token(audience) {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from('reporter:foreign-secret').toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience }),
      })
      const answered = (await response.json()) as { readonly access_token: string }
      if (!response.ok) throw new Error(JSON.stringify(answered))
      return answered.access_token
    },
    goAway,
    async comeBack() {
      server = createListener()
      await listen(port)
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await goAway()
    },
  }
}
