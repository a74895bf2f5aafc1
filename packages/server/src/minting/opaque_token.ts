/** Opaque access tokens: the claims of a signed one, sealed so that nobody but this server reads them. Nothing is stored. RFC 6749 §1.4, RFC 7662. */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { type AccessTokenClaims, type JsonObject, JwtError, maxTokenLength, parseJsonObject } from '@credence/jwt'
import type { Clock, Randomness } from '@credence/protocol'

/** A sealing key and its number, which its tokens bear. */
export interface OpaqueTokenKey {
  readonly number: number
  readonly key: Uint8Array
}

export interface OpaqueTokens {
  seal(claims: AccessTokenClaims): string
  /**
   * The claims of a token that was sealed here.
   *
   * Does not check: that it is not expired.
   *
   * @throws {JwtError} `token_too_large`, `malformed_token`, `unknown_key`, `bad_signature`
   */
  open(token: string): Promise<JsonObject>
}

export interface OpaqueTokensDeps {
  /** All keys whose tokens may be alive. The one with the greatest number seals. */
  readonly keys: readonly OpaqueTokenKey[]
  /** Reads the keys anew, for a token that another replica has sealed with a newer one. */
  readonly reload: () => Promise<readonly OpaqueTokenKey[]>
  readonly clock: Clock
  readonly randomness: Randomness
}

const form = /^cat_([1-9]\d{0,5})_([A-Za-z0-9_-]+)$/
const saltLength = 24
const tagLength = 16

/** Whoever makes up a number causes no more reads of the store than this. */
const reloadCooldownMs = 10_000

/** Whether a token looks like one of these. No signed token does: its first part is base64url of `{`. */
export const isOpaqueToken = (token: string): boolean => token.startsWith('cat_')

/** @throws {TypeError} when there is no key */
export const createOpaqueTokens = ({ keys, reload, clock, randomness }: OpaqueTokensDeps): OpaqueTokens => {
  let known = importKeys(keys)
  let mayReloadAtMs = 0

  const findKey = async (number: number): Promise<KeyObject> => {
    // only a newer key than all that are known can have come since; an older one is gone for good
    if (number > known.newest && clock.monotonicMs() >= mayReloadAtMs) {
      mayReloadAtMs = clock.monotonicMs() + reloadCooldownMs
      known = importKeys(await reload())
    }
    const key = known.byNumber.get(number)
    if (key === undefined) throw new JwtError('unknown_key', `there is no sealing key ${number}`)
    return key
  }

  return {
    seal(claims) {
      const prefix = `cat_${known.newest}_`
      const salt = randomness.bytes(saltLength)
      const { key, nonce } = deriveKey(known.newestKey, salt)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(prefix))
      const sealed = [cipher.update(JSON.stringify(claims)), cipher.final(), cipher.getAuthTag()]
      return `${prefix}${Buffer.concat([salt, ...sealed]).toString('base64url')}`
    },
    async open(token) {
      if (token.length > maxTokenLength) {
        throw new JwtError('token_too_large', `a token has at most ${maxTokenLength} characters`)
      }
      const [, number = '', encoded = ''] = form.exec(token) ?? []
      const bytes = Buffer.from(encoded, 'base64url')
      if (bytes.length <= saltLength + tagLength || bytes.toString('base64url') !== encoded) {
        throw new JwtError('malformed_token', 'not an opaque token')
      }
      const { key, nonce } = deriveKey(await findKey(Number(number)), bytes.subarray(0, saltLength))
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
        .setAAD(Buffer.from(`cat_${number}_`))
        .setAuthTag(bytes.subarray(-tagLength))
      return parseJsonObject(openSealed(decipher, bytes.subarray(saltLength, -tagLength)))
    },
  }
}

const openSealed = (decipher: ReturnType<typeof createDecipheriv>, ciphertext: Buffer): Buffer => {
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  } catch (cause) {
    throw new JwtError('bad_signature', 'the token was not sealed here', { cause })
  }
}

const importKeys = (keys: readonly OpaqueTokenKey[]) => {
  const byNumber = new Map(keys.map(({ number, key }) => [number, createSecretKey(key)]))
  const newest = Math.max(...byNumber.keys())
  const newestKey = byNumber.get(newest)
  if (newestKey === undefined) throw new TypeError('there is no sealing key')
  return { byNumber, newest, newestKey }
}

/**
 * A key and a nonce for each token, from 192 random bits: with one key and random 96-bit nonces AES-GCM would be safe for
 * 2^32 tokens only (SP 800-38D §8.3), which is two and a half days at twenty thousand a second.
 */
const deriveKey = (key: KeyObject, salt: Uint8Array) => {
  const derived = createHmac('sha512', key).update(salt).digest()
  return { key: derived.subarray(0, 32), nonce: derived.subarray(32, 44) }
}
