/** Binds a token to the certificate that its request came with. RFC 8705 §3. */
import { certificateThumbprint } from '@credence/jwt'
import { type ReadBinding, unbound } from './sender_binding.ts'

/**
 * Bound where the certificate is what authenticated the client, and where the client asks for it whatever its method is:
 * then the certificate is only a key that it holds, and nobody need have signed it.
 */
export const readCertificateBinding: ReadBinding = ({ certificate }, { method, record: { client } }) => {
  if (certificate === undefined) return unbound
  const proves = method === 'tls_client_auth' || method === 'self_signed_tls_client_auth'
  if (!proves && !client.certificateBoundAccessTokens) return unbound
  return { confirmation: { 'x5t#S256': certificateThumbprint(certificate.raw) }, replayClaims: [] }
}
