/** oidc-provider with nothing turned on but the grant. */
import { bySecret, serveOidcProvider } from '../servers/oidc_provider.ts'

serveOidcProvider({ authentication: bySecret })
