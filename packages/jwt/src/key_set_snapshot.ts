/** An issuer's key set written down, so that a verifier can start while the issuer is away. RFC 7517 §5. */
import { isJsonObject, type JsonObject } from './strict_json.ts'

/** Public keys only; it may lie in a file. What it is read from has to be as trusted as the issuer: whoever writes it is. */
export interface KeySetSnapshot {
  readonly issuer: string
  /** When the keys were fetched, epoch seconds. */
  readonly fetchedAt: number
  readonly keys: readonly JsonObject[]
}

/**
 * Reads a snapshot, or a bare key set document, which counts as fetched now.
 *
 * Does not check: the keys.
 *
 * @param now epoch seconds
 * @throws {TypeError} when it is neither, or is another issuer's.
 */
export const parseKeySetSnapshot = (value: unknown, issuer: string, now: number): KeySetSnapshot => {
  if (!isJsonObject(value) || !Array.isArray(value.keys)) {
    throw new TypeError(`the keys to begin with for ${issuer} must be an exported snapshot or a key set document`)
  }
  const { issuer: writtenFor = issuer, fetchedAt = now, keys } = value
  if (writtenFor !== issuer) throw new TypeError(`the keys to begin with for ${issuer} are those of another issuer`)
  if (typeof fetchedAt !== 'number' || !Number.isFinite(fetchedAt)) throw new TypeError('fetchedAt must be a number')
  return { issuer, fetchedAt: Math.min(fetchedAt, now), keys }
}
