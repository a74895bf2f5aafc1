/** oidc-provider with RFC 9068 access tokens under ES256, its in-memory adapter and one client; else only what it is told to turn on. */
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'
import { audience, clientId, clientSecret, scope, tokenTtlSeconds } from './request.ts'
import { kid, serve } from './serving.ts'

/** How the client authenticates that every server knows, as its registered metadata. */
export const bySecret = { client_secret: clientSecret, token_endpoint_auth_method: 'client_secret_basic' }

export interface OidcProviderOptions {
  /** Client metadata: how the client authenticates. */
  readonly authentication: object
  /** Features beside the client credentials grant and resource indicators. */
  readonly features?: object
  readonly enabledJWA?: object
}

export const serveOidcProvider = ({ authentication, features, enabledJWA }: OidcProviderOptions): void => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signingKey: JsonWebKey = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid }
  const provider = new Provider('http://127.0.0.1', {
    jwks: { keys: [signingKey] },
    clients: [
      {
        client_id: clientId,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        // no ID token is ever made here, but the default would ask for an RSA key
        id_token_signed_response_alg: 'ES256',
        ...authentication,
      },
    ],
    ...(enabledJWA && { enabledJWA }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: () => ({
          scope,
          audience,
          accessTokenTTL: tokenTtlSeconds,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
      ...features,
    },
  })
  serve(createServer(provider.callback()), '/token', publicKey.export({ format: 'jwk' }))
}
