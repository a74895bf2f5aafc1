/** HMAC-SHA-256 of short texts under one key, from two one-shot hashes. RFC 2104 §2. */
import { hash } from 'node:crypto'

/** B, the bytes that SHA-256 hashes at a time, and L, those it yields. */
const blockBytes = 64
const hashBytes = 32
const usualBytes = 512

/**
 * The HMAC under a key, as a function of the message's UTF-8.
 *
 * Why not createHmac: in Node 24 it makes and collects an object of the system's for every message, 2.5 µs; two one-shot
 * hashes with hexadecimal results are 1.1 µs (as buffers they would be 2.4). What comes out is the same.
 *
 * @param key at most 64 bytes: a longer one would have to be hashed first
 * @throws {RangeError}
 */
export const createKeyedDigest = (key: Uint8Array): ((message: string) => Buffer) => {
  if (key.length > blockBytes) throw new RangeError(`the key must have at most ${blockBytes} bytes`)
  // K XOR opad, and after it room for the inner hash: "H(K XOR opad, H(K XOR ipad, text))"
  const outer = Buffer.concat([padded(key, 0x5c), Buffer.alloc(hashBytes)])
  // K XOR ipad, and after it room for a message: one that is longer gets a buffer of its own
  const inner = Buffer.concat([padded(key, 0x36), Buffer.alloc(usualBytes)])
  return (message) => {
    // no character takes more than three bytes
    const isUsual = message.length * 3 <= usualBytes
    const text = isUsual
      ? inner.subarray(0, blockBytes + inner.write(message, blockBytes))
      : Buffer.concat([inner.subarray(0, blockBytes), Buffer.from(message)])
    outer.write(hash('sha256', text), blockBytes, 'hex')
    return Buffer.from(hash('sha256', outer), 'hex')
  }
}

const padded = (key: Uint8Array, pad: number): Buffer => {
  const block = Buffer.alloc(blockBytes, pad)
  for (const [at, byte] of key.entries()) block[at] = byte ^ pad
  return block
}
