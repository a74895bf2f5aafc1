/** Key sets: parsing one, and finding in it the key that a token names. RFC 7517 §5. */
import { type AlgorithmDescriptor, type SignatureAlgorithm, signatureAlgorithms } from './algorithms.ts'
import { JwtError, quoteForMessage } from './jwt_error.ts'
import { isJsonObject, type JsonObject } from './strict_json.ts'
import { importVerificationKey, type VerificationKey } from './verification_key.ts'

/** Where a verifier finds the keys of one issuer. */
export interface KeySet {
  /**
   * The key for a token: by its `kid`, or, where it names none, the only key of its algorithm.
   *
   * @throws {JwtError} `unknown_key`, or `keys_unavailable` when nobody can say; as a rejection if it had to be fetched.
   */
  find(kid: string | undefined, algorithm: AlgorithmDescriptor): VerificationKey | Promise<VerificationKey>
  /** Whether a key found before still is in the set, as far as is known without asking the issuer again. */
  isCurrent(key: VerificationKey): boolean
}

/** A key that is in the document and not used, and why. */
export interface SkippedKey {
  readonly kid: string | undefined
  readonly reason: string
}

/** A key set document, read. */
export interface ParsedKeySet {
  readonly keys: ReadonlySet<VerificationKey>
  readonly skipped: readonly SkippedKey[]
  find(kid: string | undefined, algorithm: AlgorithmDescriptor): VerificationKey | undefined
}

/** A set with more keys is refused. */
export const maxKeys = 100

/** JSON of the JWK by which a key was imported, so that a set fetched again keeps the keys that did not change. */
const sources = new WeakMap<VerificationKey, string>()

/**
 * Reads a key set. A key that cannot be used is skipped with its reason, since one bad key must not take the others
 * with it; a kid that two usable keys share names neither.
 *
 * @param previous a set read earlier from the same place, whose unchanged keys are taken over
 * @throws {JwtError} `unsuitable_key` when it is no key set, or has more than {@link maxKeys} keys.
 */
export const parseKeySet = (
  document: unknown,
  allowed: readonly SignatureAlgorithm[] = signatureAlgorithms,
  previous?: ParsedKeySet,
): ParsedKeySet => {
  const members = isJsonObject(document) ? document.keys : undefined
  if (!Array.isArray(members)) throw new JwtError('unsuitable_key', 'a key set must have an array of keys')
  if (members.length > maxKeys) throw new JwtError('unsuitable_key', `a key set has at most ${maxKeys} keys`)
  const known = new Map([...(previous?.keys ?? [])].map((key) => [sources.get(key), key]))
  const skipped: SkippedKey[] = []
  const usable: VerificationKey[] = []
  for (const member of members) {
    try {
      usable.push(known.get(JSON.stringify(member)) ?? importMember(member, allowed))
    } catch (error) {
      skipped.push({ kid: kidOf(member), reason: error instanceof JwtError ? error.message : 'it is not a key' })
    }
  }
  return indexKeys(usable, skipped)
}

const importMember = (member: unknown, allowed: readonly SignatureAlgorithm[]): VerificationKey => {
  if (!isJsonObject(member)) throw new JwtError('unsuitable_key', 'a key is refused: it is not an object')
  const key = importVerificationKey(member, allowed)
  sources.set(key, JSON.stringify(member))
  return key
}

/** The keys of a set as a document again: those that can be used, public as they are. */
export const exportKeySet = ({ keys }: ParsedKeySet): { readonly keys: readonly JsonObject[] } => ({
  keys: [...keys].map((key): JsonObject => JSON.parse(sources.get(key) ?? '{}')),
})

const kidOf = (member: unknown): string | undefined => {
  const kid = isJsonObject(member) ? (member as JsonObject).kid : undefined
  return typeof kid === 'string' ? kid : undefined
}

const indexKeys = (usable: readonly VerificationKey[], skipped: SkippedKey[]): ParsedKeySet => {
  const timesNamed = new Map<string | undefined, number>()
  for (const { kid } of usable) timesNamed.set(kid, (timesNamed.get(kid) ?? 0) + 1)
  const isAmbiguous = ({ kid }: VerificationKey) => kid !== undefined && timesNamed.get(kid) !== 1
  for (const { kid } of usable.filter(isAmbiguous)) {
    skipped.push({ kid, reason: 'a key is refused: another has the same kid' })
  }
  const keys = usable.filter((key) => !isAmbiguous(key))
  // a Map: a kid may be any string, `__proto__` too
  const byKid = new Map(keys.map((key) => [key.kid, key]))
  return {
    keys: new Set(keys),
    skipped,
    find: (kid, algorithm) => {
      if (kid !== undefined) return byKid.get(kid)
      const candidates = keys.filter((key) => key.algorithm === algorithm)
      return candidates.length === 1 ? candidates[0] : undefined
    },
  }
}

/**
 * A key set that is at hand, such as the issuer's own.
 *
 * @throws {JwtError} `unsuitable_key` when it is no key set. A single bad key is skipped, as in {@link parseKeySet}.
 */
export const createLocalKeySet = (
  document: unknown,
  allowed: readonly SignatureAlgorithm[] = signatureAlgorithms,
): KeySet => {
  const parsed = parseKeySet(document, allowed)
  return {
    find: (kid, algorithm) => {
      const key = parsed.find(kid, algorithm)
      if (key === undefined) throw unknownKey(kid)
      return key
    },
    isCurrent: (key) => parsed.keys.has(key),
  }
}

export const unknownKey = (kid: string | undefined): JwtError =>
  new JwtError(
    'unknown_key',
    kid === undefined
      ? 'the token names no key, and no single key of the issuer fits it'
      : `the issuer has no key ${quoteForMessage(kid)}`,
  )
