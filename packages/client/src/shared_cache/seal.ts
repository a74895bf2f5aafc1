/** Sealing what is shared: AES-256-GCM under a ring of keys, bound to the name it is kept under. NIST SP 800-38D. */
import { TokenError } from '../token_error.ts'

/** 32 random bytes: as they are, or as base64 or base64url. `openssl rand -base64 32` prints some. */
export type SealingKey = string | Uint8Array

export interface Sealer {
  /** Seals text under the first key of the ring. */
  readonly seal: (name: string, text: string) => Promise<string>
  /** The text, if any key of the ring has sealed it under this very name; undefined for everything else. */
  readonly open: (name: string, sealed: unknown) => Promise<string | undefined>
}

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const maxKeys = 8
/** A longer text than this was not written here: a token is a few KB. */
const maxSealedLength = 131_072
const version = 'v1.'

/**
 * @param keys the current key first, then those before it, for as long as something sealed by them may be read: 1 to 8
 * @throws {TokenError} `invalid_configuration`
 */
export const createSealer = (keys: readonly SealingKey[]): Sealer => {
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > maxKeys) throw wrong(`give 1 to ${maxKeys}`)
  const parsed = keys.map(parseKey)
  const importRing = () =>
    Promise.all(parsed.map((bytes) => crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])))
  let imported: ReturnType<typeof importRing> | undefined
  const ring = () => {
    imported ??= importRing()
    return imported
  }
  const algorithm = (name: string, iv: Uint8Array<ArrayBuffer>) => ({
    name: 'AES-GCM',
    iv,
    // what is moved to another name does not open there
    additionalData: new TextEncoder().encode(version + name),
  })

  return {
    seal: async (name, text) => {
      const [current] = await ring()
      if (current === undefined) throw wrong('there is none')
      // "the total number of invocations [...] shall not exceed 2^32" with random nonces: one a second for 136 years (§8.3)
      const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes))
      const sealed = await crypto.subtle.encrypt(algorithm(name, nonce), current, new TextEncoder().encode(text))
      return version + toBase64(new Uint8Array([...nonce, ...new Uint8Array(sealed)]))
    },
    open: async (name, sealed) => {
      if (typeof sealed !== 'string' || !sealed.startsWith(version) || sealed.length > maxSealedLength) return undefined
      const bytes = fromBase64(sealed.slice(version.length))
      if (bytes === undefined || bytes.length < nonceBytes + tagBytes) return undefined
      const using = algorithm(name, bytes.slice(0, nonceBytes))
      for (const key of await ring()) {
        const opened = await crypto.subtle.decrypt(using, key, bytes.slice(nonceBytes)).catch(() => undefined)
        if (opened !== undefined) return new TextDecoder().decode(opened)
      }
      return undefined
    },
  }
}

const parseKey = (key: SealingKey): Uint8Array<ArrayBuffer> => {
  const bytes = typeof key === 'string' ? fromBase64(key.trim()) : key
  if (!(bytes instanceof Uint8Array) || bytes.length !== keyBytes) {
    throw wrong(`each must be ${keyBytes} random bytes, or those as base64`)
  }
  return new Uint8Array(bytes)
}

const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
  } catch {
    return undefined
  }
}

const wrong = (what: string) => new TokenError('invalid_configuration', `sealedCache, keys: ${what}`)
