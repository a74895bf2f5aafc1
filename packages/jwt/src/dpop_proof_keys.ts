/** The keys of recent DPoP proofs, imported, since a client sends the same one with every request. */
import type { VerificationKey } from './verification_key.ts'

export interface ProofKey {
  readonly key: VerificationKey
  /** RFC 7638. */
  readonly jkt: string
}

export interface ProofKeyCache {
  get(encodedHeader: string): ProofKey | undefined
  /** To be called for a key whose signature verified, so that nobody fills the cache with keys that nobody has. */
  set(encodedHeader: string, key: ProofKey): void
}

const generationSize = 1024
/** A larger header, of a larger RSA key than most, is read every time. */
const maxRememberedLength = 1536

/**
 * A cache of at most 2,048 keys by the whole header of the proof: everything that the import depends on is in it. When
 * the young generation is full the old one is dropped.
 */
export const createProofKeyCache = (): ProofKeyCache => {
  let young = new Map<string, ProofKey>()
  let old = new Map<string, ProofKey>()

  const set = (encodedHeader: string, key: ProofKey): void => {
    if (encodedHeader.length > maxRememberedLength) return
    if (young.size >= generationSize) {
      old = young
      young = new Map()
    }
    // a copy, since a slice would keep the whole proof in memory
    young.set(Buffer.from(encodedHeader, 'latin1').toString('latin1'), key)
  }

  return {
    set,
    get: (encodedHeader) => {
      const recent = young.get(encodedHeader)
      if (recent !== undefined) return recent
      const key = old.get(encodedHeader)
      if (key !== undefined) set(encodedHeader, key)
      return key
    },
  }
}
