/** The SHA-256 thumbprint of a certificate: `x5t#S256`. RFC 8705 §3.1, RFC 7515 §4.1.8. */
import { hash } from 'node:crypto'

/**
 * The thumbprint, base64url.
 *
 * Does not check: that the bytes are a certificate, nor who has its key.
 *
 * @param der the certificate's DER
 */
export const certificateThumbprint = (der: Uint8Array): string => hash('sha256', der, 'base64url')
