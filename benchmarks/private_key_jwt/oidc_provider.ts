/** oidc-provider with one client that has a key, nothing else turned on. Argument: the client's public JWK. */
import { serveOidcProvider } from '../servers/oidc_provider.ts'

serveOidcProvider({
  authentication: {
    jwks: { keys: [JSON.parse(process.argv[2] ?? '{}')] },
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
  },
  enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
})
