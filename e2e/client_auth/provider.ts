/** An authorization server that is not ours, with every client authentication method it has. */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createRequire } from 'node:module'
import { TLSSocket } from 'node:tls'

interface ProviderModule {
  readonly Provider: new (issuer: string, configuration: object) => { callback(): RequestListener }
}

// the package has no types of its own
const { Provider }: ProviderModule = createRequire(import.meta.url)('oidc-provider')

export const audience = 'https://orders.example.com'

export interface ProviderClient {
  readonly client_id: string
  readonly token_endpoint_auth_method: string
  readonly [metadata: string]: unknown
}

export interface RunningProvider extends AsyncDisposable {
  readonly issuer: string
  /** Bodies and headers of the token requests. */
  readonly asked: readonly { readonly headers: IncomingMessage['headers'] }[]
}

export interface ProviderOptions {
  readonly clients: readonly ProviderClient[]
  readonly requireNonce?: boolean
  /** Listens with TLS, and asks for client certificates. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

export const startProvider = async ({
  clients,
  requireNonce = false,
  tls,
}: ProviderOptions): Promise<RunningProvider> => {
  const server: Server = tls
    ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false })
    : createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const provider = new Provider(issuer, {
    clients: clients.map((client) => ({
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
      scope: 'orders:read',
      ...client,
    })),
    jwks: { keys: [signingKey()] },
    scopes: ['orders:read'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'self_signed_tls_client_auth'],
    enabledJWA: {
      clientAuthSigningAlgValues: ['ES256', 'PS256', 'RS256', 'EdDSA'],
      dPoPSigningAlgValues: ['ES256', 'EdDSA'],
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => requireNonce },
      mTLS: { enabled: true, selfSignedTlsClientAuth: true, certificateBoundAccessTokens: true, getCertificate },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: () => ({
          scope: 'orders:read',
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  })
  const asked: { readonly headers: IncomingMessage['headers'] }[] = []
  server.on('request', (request) => {
    if (request.url === '/token') asked.push({ headers: request.headers })
  })
  server.on('request', provider.callback())
  return {
    issuer,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const signingKey = () => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  alg: 'ES256',
  use: 'sig',
  kid: 'as-1',
})

const getCertificate = ({ req }: { readonly req: IncomingMessage }): string | undefined => {
  const der = req.socket instanceof TLSSocket ? req.socket.getPeerCertificate().raw : undefined
  if (der === undefined) return undefined
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----`
}
