/** A signer that answers in time or is away: whatever holds the key, a token request waits for it no longer than this. */
import type { Signer } from '@credence/jwt'
import { OAuthError } from '@credence/protocol'

export interface SignerBounds {
  readonly timeoutMs: number
  /** Signatures under way at once; more are refused. */
  readonly capacity: number
}

export const signerBounds: SignerBounds = { timeoutMs: 2_000, capacity: 2_000 }

/**
 * Bounds a signer. One whose key is in this process answers at once and costs nothing more than before.
 *
 * @throws {OAuthError} from `sign`: `temporarily_unavailable` with Retry-After when it fails, takes too long or is full.
 */
export const boundSigner = (signer: Signer, { timeoutMs, capacity }: SignerBounds = signerBounds): Signer => {
  let underWay = 0

  const inTime = async (signature: Promise<Buffer>): Promise<Buffer> => {
    underWay++
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    try {
      return await Promise.race([signature, late])
    } catch (error) {
      throw signerAway(signer.kid, error)
    } finally {
      clearTimeout(timer)
      underWay--
    }
  }

  return {
    kid: signer.kid,
    algorithm: signer.algorithm,
    sign(signingInput) {
      if (underWay >= capacity) throw signerAway(signer.kid, new Error(`${capacity} signatures are under way`))
      try {
        const signature = signer.sign(signingInput)
        return signature instanceof Promise ? inTime(signature) : signature
      } catch (error) {
        throw signerAway(signer.kid, error)
      }
    },
  }
}

const retryAfterSeconds = 2

/** The refusal of a token request that nobody can sign for now. What is wrong goes to the log alone. */
export const signerAway = (key: string, cause: unknown): OAuthError =>
  new OAuthError('temporarily_unavailable', 'tokens cannot be signed at the moment', {
    headers: { 'Retry-After': `${retryAfterSeconds}` },
    detail: `signing key ${key}: ${cause instanceof Error ? cause.message : 'the signer failed'}`,
    cause,
  })
