/** A store of shared tokens in Redis (or Valkey), over a client that is connected: the one of the package `redis` fits as it is. */
import type { SharedStore } from '@credence/client'

/** What is used of the client. */
export interface RedisClient {
  get(key: string): Promise<unknown>
  set(key: string, value: string, options: { PX: number; NX?: true }): Promise<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** In one step: forgets a key if it has this value. */
const removeIfSame = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`

/** @param prefix what the keys in Redis begin with; each takes two, of which one for seconds only */
export const redisStore = (client: RedisClient, prefix = 'credence:'): SharedStore => ({
  get: async (key) => {
    const value = await client.get(prefix + key)
    return typeof value === 'string' ? value : undefined
  },
  set: async (key, value, { ttlMs, onlyIfAbsent }) => {
    const options = onlyIfAbsent ? ({ PX: ttlMs, NX: true } as const) : { PX: ttlMs }
    return (await client.set(prefix + key, value, options)) === 'OK'
  },
  remove: (key, value) => client.eval(removeIfSame, { keys: [prefix + key], arguments: [value] }),
})
