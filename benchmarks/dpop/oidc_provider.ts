/** oidc-provider with DPoP and nothing else turned on. */
import { bySecret, serveOidcProvider } from '../servers/oidc_provider.ts'

serveOidcProvider({ authentication: bySecret, features: { dPoP: { enabled: true } } })
