/** Seals secrets at rest under the master key: AES-256-GCM, each purpose with a key of its own. NIST SP 800-38D, RFC 5869. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import type { Randomness } from '@credence/protocol'

/** The master key does not open what was sealed: it is another key, or the data was altered. */
export class UnsealError extends Error {
  override readonly name = 'UnsealError'
  readonly code = 'wrong_master_key'
}

/** What to tell an operator whose server meets one. */
export const explainWrongKey =
  'the master key is not the one this database was sealed with: give the right one in CREDENCE_MASTER_KEY, CREDENCE_MASTER_KEY_FILE or master.key'

/** Seals and opens bytes. `context` is authenticated with them, so that one sealed value cannot stand in for another. */
export interface Sealer {
  seal(plaintext: Uint8Array, context: string): Uint8Array
  /** @throws {UnsealError} when key, context or data are not those of the sealing. */
  open(sealed: Uint8Array, context: string): Buffer
}

const version = 1
const nonceLength = 12
const tagLength = 16

/**
 * Creates the sealer of a master key. Sealed form: version (1 byte), nonce (12), ciphertext, tag (16).
 *
 * A random 96-bit nonce is safe for 2^32 sealings under one key (SP 800-38D §8.3); this seals a handful a month.
 */
export const createSealer = (masterKey: Uint8Array, randomness: Randomness): Sealer => {
  const key = Buffer.from(hkdfSync('sha256', masterKey, '', 'credence key-encryption key v1', 32))
  return {
    seal(plaintext, context) {
      const nonce = randomness.bytes(nonceLength)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      return Buffer.concat([
        Uint8Array.of(version),
        nonce,
        cipher.update(plaintext),
        cipher.final(),
        cipher.getAuthTag(),
      ])
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed)
      if (bytes.length < 1 + nonceLength + tagLength || bytes[0] !== version) {
        throw new UnsealError('sealed data is of an unknown form')
      }
      const nonce = bytes.subarray(1, 1 + nonceLength)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(-tagLength))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(1 + nonceLength, -tagLength)), decipher.final()])
      } catch (cause) {
        throw new UnsealError('the master key does not open what this database has sealed', { cause })
      }
    },
  }
}
