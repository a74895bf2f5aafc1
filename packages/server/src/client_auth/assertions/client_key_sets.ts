/** The public keys of clients: those that are registered, imported once, and those that clients publish at a jwks_uri. RFC 7591 §2. */
import {
  type AlgorithmDescriptor,
  createGuardedFetch,
  createRemoteKeySet,
  type FetchDocument,
  importVerificationKey,
  isJsonObject,
  type JsonObject,
  JwtError,
  type KeySet,
  parseJsonObject,
  type SignatureAlgorithm,
  signatureAlgorithms,
  type VerificationKey,
} from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import type { KeyCredential } from '@credence/storage'
import { createTwoGenerationCache } from '../../directory/two_generation_cache.ts'

export interface ClientKeySets {
  /**
   * The key of a credential that may have signed an assertion: of the assertion's algorithm, and of its `kid` unless one
   * of the two names none.
   *
   * Rejects with a JwtError `keys_unavailable` when it has to be fetched and cannot be.
   */
  find(
    credential: KeyCredential,
    kid: string | undefined,
    algorithm: AlgorithmDescriptor,
  ): VerificationKey | undefined | Promise<VerificationKey | undefined>
}

export interface ClientKeySetsOptions {
  readonly clock: Clock
  /** Whether a jwks_uri may be on loopback or in a private network. */
  readonly allowPrivateAddresses: boolean
  /** What an assertion may be signed with; RS256 only by a key that says so itself. All that Credence knows, unless given. */
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** Replaces the guarded fetch. */
  readonly fetchDocument?: FetchDocument
}

/** Key sets of jwks_uris that are held at once: a set is at most 64 KB, and most have one key or two. */
const mostKeySets = 1_000
/** However many of them are due, no more are fetched at once. */
const mostFetches = 32

export const createClientKeySets = (options: ClientKeySetsOptions): ClientKeySets => {
  const { clock, allowPrivateAddresses, algorithms = signatureAlgorithms } = options
  const guarded = createGuardedFetch({ reach: allowPrivateAddresses ? 'any' : 'public' })
  const fetchDocument = withoutAssumedRs256(bounded(options.fetchDocument ?? guarded))
  // by the credential itself, which the directory forgets with the client's record and all
  const imported = new WeakMap<KeyCredential, VerificationKey | 'unusable'>()
  const published = createTwoGenerationCache<KeySet>(mostKeySets)

  const registered = (credential: KeyCredential, jwk: string) => {
    const known = imported.get(credential)
    if (known !== undefined) return known
    const key = importOrNot(jwk, algorithms)
    imported.set(credential, key)
    return key
  }

  const publishedAt = (jwksUri: string): KeySet => {
    const known = published.get(jwksUri)
    if (known !== undefined) return known
    const keySet = createRemoteKeySet({ issuer: jwksUri, jwksUri, algorithms, clock, fetchDocument })
    published.set(jwksUri, keySet)
    return keySet
  }

  return {
    find(credential, kid, algorithm) {
      if ('jwksUri' in credential.key) return findPublished(publishedAt(credential.key.jwksUri), kid, algorithm)
      const key = registered(credential, credential.key.jwk)
      if (key === 'unusable' || key.algorithm !== algorithm) return undefined
      return kid === undefined || key.kid === undefined || key.kid === kid ? key : undefined
    },
  }
}

const findPublished = async (
  keySet: KeySet,
  kid: string | undefined,
  algorithm: AlgorithmDescriptor,
): Promise<VerificationKey | undefined> => {
  try {
    const key = await keySet.find(kid, algorithm)
    return key.algorithm === algorithm ? key : undefined
  } catch (error) {
    if (error instanceof JwtError && error.code !== 'keys_unavailable') return undefined
    throw error
  }
}

/** Registering has refused what cannot be used; what was stored by other means is no reason to fail. */
const importOrNot = (jwk: string, algorithms: readonly SignatureAlgorithm[]): VerificationKey | 'unusable' => {
  try {
    return importVerificationKey(assumePs256(parseJsonObject(Buffer.from(jwk))), algorithms)
  } catch (error) {
    if (error instanceof JwtError) return 'unusable'
    throw error
  }
}

/** An RSA key that does not say what for is one for PS256: RS256 is only for who is registered for it. */
export const assumePs256 = (jwk: JsonObject): JsonObject =>
  jwk.kty === 'RSA' && jwk.alg === undefined ? { ...jwk, alg: 'PS256' } : jwk

const withoutAssumedRs256 =
  (fetchDocument: FetchDocument): FetchDocument =>
  async (url) => {
    const fetched = await fetchDocument(url)
    const { keys } = fetched.document
    if (!Array.isArray(keys)) return fetched
    const said = keys.map((key: unknown) => (isJsonObject(key) ? assumePs256(key) : key))
    return { ...fetched, document: { ...fetched.document, keys: said } }
  }

const bounded = (fetchDocument: FetchDocument): FetchDocument => {
  let underWay = 0
  return async (url) => {
    if (underWay >= mostFetches) throw new Error(`more than ${mostFetches} key sets are being fetched`)
    underWay++
    try {
      return await fetchDocument(url)
    } finally {
      underWay--
    }
  }
}
