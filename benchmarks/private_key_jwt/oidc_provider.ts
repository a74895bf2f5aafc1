/** oidc-provider with one client that has a key, RFC 9068 access tokens under ES256, its in-memory adapter. Argument: the client's public JWK. */
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'
import { audience, clientId, scope, tokenTtlSeconds } from '../issue/request.ts'
import { serve } from '../issue/serving.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signingKey: JsonWebKey = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'k1' }

const provider = new Provider('http://127.0.0.1', {
  jwks: { keys: [signingKey] },
  clients: [
    {
      client_id: clientId,
      jwks: { keys: [JSON.parse(process.argv[2] ?? '{}')] },
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      // no ID token is ever made here, but the default would ask for an RSA key
      id_token_signed_response_alg: 'ES256',
    },
  ],
  enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
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
  },
})

serve(createServer(provider.callback()), '/token', publicKey.export({ format: 'jwk' }))
