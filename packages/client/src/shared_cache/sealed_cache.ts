/** Tokens shared between processes through a store: sealed there, and renewed by one process of many. */
import type { IssuedToken } from '../access_token.ts'
import { createCacheKey } from '../cache/cache_key.ts'
import { renewalBuffer } from '../cache/token_slot.ts'
import type { TokenTarget } from '../cache/token_target.ts'
import { withDeadline } from '../requests/deadline.ts'
import { TokenError } from '../token_error.ts'
import { createSealer, type Sealer, type SealingKey } from './seal.ts'
import type { SharedCache, SharedStore, SharedTokens, SharingManager, WantedToken } from './shared_cache.ts'
import { ageOf, readEntry, writeEntry } from './shared_entry.ts'

export interface SealedCacheOptions {
  readonly store: SharedStore
  /** What entries are sealed with: the current key first, then those before it. To change it, put a new one first everywhere. */
  readonly keys: readonly SealingKey[]
  /**
   * Only managers with the same one share. Needed where options of the managers do not tell their tokens apart: with a `grant`
   * of another kind (who the token is for) and with a client certificate (which one the token is bound to).
   */
  readonly partition?: string | undefined
  /**
   * How long one process has for a renewal before another tries, in milliseconds: 100 to 60,000. Default: 5,000. Who waits for
   * another's renewal waits twice as long at most, and then asks the authorization server itself.
   */
  readonly leaseMs?: number | undefined
  /** How long one answer of the store may take, in milliseconds: 1 to 60,000. Default: 500. */
  readonly storeTimeoutMs?: number | undefined
}

const firstPollMs = 25
const longestPollMs = 250
/** Tokens that were refused and must not come back from the store: so many are remembered. */
const maxRefused = 100

/**
 * A shared cache for `createTokenManager({ sharedCache })`.
 *
 * Entries are sealed with AES-256-GCM, the key they are kept under as additional data. Whoever can read a sealing key and the
 * store has the tokens; whoever can write to the store alone can make processes ask the authorization server, and no more.
 *
 * A store that fails, answers too late or gives back something else is a miss, never a failure.
 *
 * @throws {TokenError} `invalid_configuration`
 */
export const sealedCache = ({ store, keys, partition, leaseMs, storeTimeoutMs }: SealedCacheOptions): SharedCache => {
  const sealer = createSealer(keys)
  const times = {
    leaseMs: inRange('leaseMs', leaseMs ?? 5_000, [100, 60_000]),
    storeTimeoutMs: inRange('storeTimeoutMs', storeTimeoutMs ?? 500, [1, 60_000]),
  }
  return { partition, connect: (manager) => connect({ store, sealer, partition, ...times }, manager) }
}

interface Shared {
  readonly store: SharedStore
  readonly sealer: Sealer
  readonly partition: string | undefined
  readonly leaseMs: number
  readonly storeTimeoutMs: number
}

interface Found {
  readonly sealed: string
  readonly issued: IssuedToken
}

const connect = (shared: Shared, manager: SharingManager): SharedTokens => {
  const { store, sealer, leaseMs } = shared
  const { clock, sleep, random, closing, onLookup } = manager
  const refused = new Set<string>()

  /** Whatever goes wrong with the store goes wrong here. */
  const ask = <T>(work: () => Promise<T>): Promise<T> =>
    withDeadline({ timeoutMs: shared.storeTimeoutMs, sleep, closing }, async () => work())

  const keyOf = async (target: TokenTarget): Promise<string> =>
    createCacheKey({
      issuer: manager.issuer,
      clientId: manager.clientId,
      credentialId: await manager.credentialId(),
      target,
      partition: shared.partition,
      thumbprint: await manager.thumbprint?.(),
    })

  const read = async (key: string): Promise<Found | undefined> => {
    const sealed = await ask(() => store.get(key))
    const text = await sealer.open(key, sealed)
    const issued = text === undefined ? undefined : readEntry(text, manager)
    return typeof sealed === 'string' && issued !== undefined ? { sealed, issued } : undefined
  }

  /** The shared token, if it will do: for a renewal it must not be due itself. */
  const look = async (key: string, { need }: WantedToken): Promise<IssuedToken | undefined> => {
    const issued = (await read(key))?.issued
    if (issued === undefined || refused.has(issued.token.accessToken)) return undefined
    const dueAt = issued.lifetimeSeconds - renewalBuffer(issued, manager.expiryBufferSeconds)
    return need === 'due' && ageOf(issued, manager) >= dueAt ? undefined : issued
  }

  const publish = async (key: string, issued: IssuedToken): Promise<void> => {
    const { token, lifetimeSeconds } = issued
    const ttlMs = (lifetimeSeconds - ageOf(issued, manager)) * 1000
    if (refused.has(token.accessToken) || ttlMs <= 0) return
    const sealed = await sealer.seal(key, writeEntry(issued, manager))
    await ask(() => store.set(key, sealed, { ttlMs, onlyIfAbsent: false }))
  }

  const requestAndPublish = async (key: string, { request }: WantedToken): Promise<IssuedToken> => {
    const issued = await request()
    await publish(key, issued).catch(ignore)
    return issued
  }

  /** Under the lease. Another may have renewed between our look and the lease. */
  const renew = async (key: string, wanted: WantedToken, release: () => Promise<unknown>): Promise<IssuedToken> => {
    try {
      return (await look(key, wanted).catch(ignore)) ?? (await requestAndPublish(key, wanted))
    } finally {
      await release().catch(ignore)
    }
  }

  const waitOrRenew = async (key: string, wanted: WantedToken): Promise<IssuedToken> => {
    const lease = `${key}:lease`
    const holder = crypto.randomUUID()
    const untilMs = clock.monotonicMs() + 2 * leaseMs
    for (let pollMs = firstPollMs; clock.monotonicMs() < untilMs; pollMs = Math.min(longestPollMs, pollMs * 1.5)) {
      try {
        if ((await ask(() => store.set(lease, holder, { ttlMs: leaseMs, onlyIfAbsent: true }))) === true) {
          return renew(key, wanted, () => ask(() => store.remove(lease, holder)))
        }
        await sleep(pollMs * (0.5 + random()), closing)
        const found = await look(key, wanted)
        if (found !== undefined) return found
      } catch {
        // the store has gone away: as if it never was
        return wanted.request()
      }
    }
    return requestAndPublish(key, wanted)
  }

  return {
    obtain: async (wanted) => {
      let key: string
      let found: IssuedToken | undefined
      try {
        key = await keyOf(wanted.target)
        if (wanted.need !== 'forced') found = await look(key, wanted)
      } catch {
        onLookup('error')
        return wanted.request()
      }
      // asked for anew, whatever others hold; the result is theirs as well
      if (wanted.need === 'forced') return requestAndPublish(key, wanted)
      onLookup(found === undefined ? 'miss' : 'hit')
      return found ?? waitOrRenew(key, wanted)
    },
    invalidate: (target, accessToken) => {
      const [oldest] = refused
      if (refused.size >= maxRefused && oldest !== undefined) refused.delete(oldest)
      refused.add(accessToken)
      const removeIfShared = async () => {
        const key = await keyOf(target)
        const found = await read(key)
        if (found?.issued.token.accessToken !== accessToken) return
        await ask(() => store.remove(key, found.sealed))
      }
      removeIfShared().catch(ignore)
    },
  }
}

const ignore = () => undefined

const inRange = (name: string, value: number, [least, most]: readonly [number, number]): number => {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new TokenError('invalid_configuration', `sealedCache, ${name}: a whole number from ${least} to ${most}`)
}
