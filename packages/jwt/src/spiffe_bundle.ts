/** SPIFFE trust bundles, whose keys for JWT-SVIDs have a `use` of their own. SPIFFE Trust Domain and Bundle §4. */
import type { FetchDocument } from './guarded_fetch.ts'
import { JwtError } from './jwt_error.ts'
import { isJsonObject, type JsonObject } from './strict_json.ts'

/**
 * The keys of a bundle that sign JWT-SVIDs, as a key set.
 *
 * Only `use: jwt-svid` counts ("Clients encountering unknown `use` values MUST ignore the entire JWK element."), and only
 * with a kid. It becomes `sig` here, so that nothing else ever has to accept it.
 *
 * @throws {JwtError} `unsuitable_key` when it is no key set.
 */
export const keySetOfSpiffeBundle = (bundle: unknown): { readonly keys: readonly JsonObject[] } => {
  const members: unknown = isJsonObject(bundle) ? bundle.keys : undefined
  if (!Array.isArray(members)) throw new JwtError('unsuitable_key', 'a trust bundle must have an array of keys')
  const keys = members
    .filter(isJsonObject)
    .filter(({ use, kid }) => use === 'jwt-svid' && typeof kid === 'string' && kid !== '')
    .map((key) => ({ ...key, use: 'sig' }))
  return { keys }
}

/** A fetch whose documents are bundles, kept for as long as their `spiffe_refresh_hint` says, in seconds. */
export const createSpiffeBundleFetch =
  (fetchDocument: FetchDocument): FetchDocument =>
  async (url) => {
    const { document, maxAgeSeconds } = await fetchDocument(url)
    const hint = document.spiffe_refresh_hint
    return {
      document: { ...keySetOfSpiffeBundle(document) },
      maxAgeSeconds: typeof hint === 'number' && hint >= 0 ? hint : maxAgeSeconds,
    }
  }
