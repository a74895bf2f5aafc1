/** Client secrets kept so that they can be read again, which client_secret_jwt alone needs: sealed under a key of their own. RFC 7523 §2.2. */
import { createSecretKey, type KeyObject } from 'node:crypto'
import type { Randomness } from '@credence/protocol'
import type { SecretCredential } from '@credence/storage'
import { createSealer } from '../../key_material/sealing.ts'

export interface ClientSecretSealer {
  /** For `SecretCredential.sealedSecret` of a client that is registered for client_secret_jwt, and of no other. */
  seal(clientSecret: string, credentialId: string): Uint8Array
  /** The HMAC key that a secret is; undefined where the secret is not kept. @throws {UnsealError} */
  open(credential: SecretCredential): KeyObject | undefined
}

const contextOf = (credentialId: string): string => `client secret: ${credentialId}`

/** @param key the server's own for this purpose; a change of the master key seals it anew, and no secret needs to be */
export const createClientSecretSealer = (key: Uint8Array, randomness: Randomness): ClientSecretSealer => {
  const sealer = createSealer(key, randomness)
  const opened = new WeakMap<SecretCredential, KeyObject>()
  return {
    seal: (clientSecret, credentialId) => sealer.seal(Buffer.from(clientSecret), contextOf(credentialId)),
    open(credential) {
      const { sealedSecret, credentialId } = credential
      if (sealedSecret === undefined) return undefined
      const known = opened.get(credential) ?? createSecretKey(sealer.open(sealedSecret, contextOf(credentialId)))
      opened.set(credential, known)
      return known
    },
  }
}
