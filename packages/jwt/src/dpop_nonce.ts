/** Nonces for DPoP proofs, made and recognised without remembering any. RFC 9449 §8, §9. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Clock, type Randomness, systemRandomness } from '@credence/protocol'

export interface DpopNonces {
  /** The nonce to hand out now. The same for everybody for a while. */
  current(): string
  /** Whether a nonce is the current one or the one before. */
  isFresh(nonce: string): boolean
}

export interface DpopNonceOptions {
  readonly clock: Clock
  /** At least 32 bytes, the same in every process that is to know the others' nonces. Made at random unless given. */
  readonly key?: Uint8Array
  /** How long a nonce is current; it is accepted as long again. 120 unless given, 10 to 3600. */
  readonly rotateAfterSeconds?: number
  readonly randomness?: Randomness
}

const minKeyLength = 32
const nonceLength = 16
const defaultRotateAfterSeconds = 120

/**
 * Makes nonces out of the time alone: an HMAC over the number of the window. Who has no key cannot tell the next, so
 * that no proof can be made long before it is used.
 *
 * @throws {RangeError} when the key is too short, or the time out of range.
 * @see RFC 9449 §8: "the nonce value MUST be unpredictable"
 */
export const createDpopNonces = (options: DpopNonceOptions): DpopNonces => {
  const { clock, randomness = systemRandomness, rotateAfterSeconds = defaultRotateAfterSeconds } = options
  const key = options.key ?? randomness.bytes(minKeyLength)
  if (key.length < minKeyLength) throw new RangeError(`the key of nonces must have at least ${minKeyLength} bytes`)
  if (!(rotateAfterSeconds >= 10 && rotateAfterSeconds <= 3600)) {
    throw new RangeError('rotateAfterSeconds must be from 10 to 3600')
  }
  const nonceOf = (window: number): Buffer => {
    const digest = createHmac('sha256', key).update(`dpop-nonce ${window}`).digest()
    return Buffer.from(digest.subarray(0, nonceLength).toString('base64url'))
  }
  let known: { readonly window: number; readonly nonces: readonly [Buffer, Buffer]; readonly text: string } | undefined

  const now = () => {
    const window = Math.floor(clock.epochSeconds() / rotateAfterSeconds)
    if (known?.window !== window) {
      const nonces = [nonceOf(window), nonceOf(window - 1)] as const
      known = { window, nonces, text: nonces[0].toString('latin1') }
    }
    return known
  }

  return {
    current: () => now().text,
    isFresh: (nonce) => {
      const given = Buffer.from(nonce)
      return now().nonces.some((fresh) => fresh.length === given.length && timingSafeEqual(fresh, given))
    },
  }
}
