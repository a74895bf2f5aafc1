/** Signs the heads of the audit log with a key of its own, sealed under the master key. Ed25519, RFC 8032. */
import { createPrivateKey, createPublicKey, type JsonWebKey, sign, verify } from 'node:crypto'
import { type AuditSeal, checkpointText } from '@credence/storage'

/** PKCS #8 of an Ed25519 key without its seed. RFC 8410 §7. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface AuditKey extends AuditSeal {
  /** With it, whoever has an export can verify it without this server. */
  readonly publicJwk: JsonWebKey
}

/** @param seed the server's own 32 random bytes for this purpose */
export const createAuditKey = (seed: Uint8Array): AuditKey => {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), type: 'pkcs8', format: 'der' })
  const publicKey = createPublicKey(privateKey)
  return {
    publicJwk: publicKey.export({ format: 'jwk' }),
    sign: (head) => sign(null, Buffer.from(checkpointText(head)), privateKey).toString('base64url'),
    verify: (checkpoint) =>
      verify(null, Buffer.from(checkpointText(checkpoint)), publicKey, Buffer.from(checkpoint.signature, 'base64url')),
  }
}
