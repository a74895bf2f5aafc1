/** What the FAPI 2.0 Security Profile (Final, February 2025) leaves of the client credentials grant. */
import type { Profile } from './profile.ts'

/**
 * What it demands and this server does under any profile: confidential clients only, no password grant, metadata, a lifetime
 * on every assertion, `iat` and `nbf` up to 10 seconds ahead accepted and above 60 refused, RSA keys of 2048 bits and more.
 */
export const fapi2: Profile = {
  title: 'FAPI 2.0 Security Profile',
  // §5.3.2.1: "shall authenticate clients using one of the following methods: MTLS [...] private_key_jwt"
  clientAuthMethods: ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
  // §5.4: PS256, ES256 or EdDSA over Ed25519, and never none
  algorithms: ['ES256', 'EdDSA', 'PS256'],
  // §5.3.2.1: "shall only accept its issuer identifier value [...] as a string in the aud claim received in client authentication assertions"
  issuerAudienceOnly: true,
  // §5.3.2.1: "shall only issue sender-constrained access tokens"
  boundTokensOnly: true,
}
