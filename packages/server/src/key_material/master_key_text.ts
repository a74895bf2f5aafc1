/** A master key as an operator writes it: 32 random bytes in base64 or hex. RFC 4648 §4, §8. */

export const masterKeyLength = 32
export const howToMakeMasterKey = 'make one with: openssl rand -base64 32'

/** @throws {Error} with what is wrong, where it is not 32 bytes in base64 or hex, or is no random key; the key is not in it. */
export const readMasterKey = (text: string): Uint8Array => {
  const trimmed = text.trim()
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64')
  if (key.length !== masterKeyLength || !/^(?:[0-9a-f]{64}|[A-Za-z0-9+/_-]{43}=?)$/i.test(trimmed)) {
    throw new Error(`is not ${masterKeyLength} bytes in base64 or hex; ${howToMakeMasterKey}`)
  }
  if (isPattern(key)) throw new Error(`is a default or a pattern, not a random key; ${howToMakeMasterKey}`)
  return key
}

/** Whether the bytes are too regular to be random: one key in 10^9 that is random is taken for a pattern. */
const isPattern = (key: Uint8Array): boolean => {
  const steps = [...key].map((byte, index) => (byte - (key[index - 1] ?? 0)) & 0xff)
  const isText = key.every((byte) => byte >= 0x20 && byte < 0x7f)
  // repeated bytes; bytes that count up or down; a passphrase behind base64
  return new Set(key).size < 16 || new Set(steps).size < 12 || isText
}
