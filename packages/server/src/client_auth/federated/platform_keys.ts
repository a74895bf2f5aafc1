/** The keys of the platforms that operators have pinned: inline ones, and fetched ones shared by all credentials of an issuer. RFC 7517 §5. */
import {
  createGuardedFetch,
  createLocalKeySet,
  createRemoteKeySet,
  createSpiffeBundleFetch,
  type FetchDocument,
  type KeyFetchEvent,
  type KeySet,
  keySetOfSpiffeBundle,
} from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import type { Federation } from '@credence/storage'
import type { Logger } from 'pino'
import { createTwoGenerationCache } from '../../directory/two_generation_cache.ts'

/** Finds the keys that a federation's tokens are signed with. */
export type PlatformKeys = (federation: Federation) => KeySet

export interface PlatformKeysOptions {
  readonly clock: Clock
  /** Whether keys may be fetched from loopback and private networks. */
  readonly allowPrivateAddresses: boolean
  /** Is told of every attempt to fetch keys. Must not throw. */
  readonly onFetch?: (event: KeyFetchEvent) => void
  /** Replaces the guarded fetch. Whatever is given must keep its bounds. */
  readonly fetchDocument?: FetchDocument
}

/** Of more issuers than this, those that were not asked for lately are fetched anew. */
const maxIssuers = 1_000

/** Does not check: that the inline keys are good. Whoever stored them has. */
export const createPlatformKeys = ({
  clock,
  allowPrivateAddresses,
  onFetch,
  ...given
}: PlatformKeysOptions): PlatformKeys => {
  // loopback only where private networks are allowed too: what an operator pins may be another's to say
  const fetchDocument = given.fetchDocument ?? createGuardedFetch({ reach: allowPrivateAddresses ? 'any' : 'public' })
  const fetchBundle = createSpiffeBundleFetch(fetchDocument)
  const remote = createTwoGenerationCache<KeySet>(maxIssuers)
  // a changed credential is another object, so nothing here outlives what it was made from
  const inline = new WeakMap<Federation, KeySet>()

  const readInline = (federation: Federation, jwks: string): KeySet => {
    const known = inline.get(federation)
    if (known !== undefined) return known
    const document: unknown = JSON.parse(jwks)
    const keys = createLocalKeySet(federation.platform === 'spiffe' ? keySetOfSpiffeBundle(document) : document)
    inline.set(federation, keys)
    return keys
  }

  return (federation) => {
    const { issuer, keys, platform } = federation
    if (keys !== undefined && 'jwks' in keys) return readInline(federation, keys.jwks)
    const jwksUri = keys?.jwksUri
    const where = JSON.stringify([issuer, jwksUri, platform === 'spiffe'])
    const known = remote.get(where)
    if (known !== undefined) return known
    const created = createRemoteKeySet({
      ...{ issuer, clock },
      fetchDocument: platform === 'spiffe' ? fetchBundle : fetchDocument,
      ...(jwksUri !== undefined && { jwksUri }),
      ...(onFetch !== undefined && { onFetch }),
    })
    remote.set(where, created)
    return created
  }
}

/** Tells an operator of keys that could not be fetched: at most once in five seconds for each issuer. */
export const logPlatformKeys =
  (logger: Pick<Logger, 'warn'>) =>
  (event: KeyFetchEvent): void => {
    if (event.type !== 'failed') return
    logger.warn({ issuer: event.issuer, reason: event.error }, 'the keys of a platform could not be fetched')
  }
