/** One process of many that share a token: says when it is ready, asks a hundred times when told to, says how many tokens it had. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createTokenManager, sealedCache } from '@credence/client'
import { redisStore } from '../../examples/shared_cache/redis_store.ts'
import { connectRedis } from '../../packages/client/src/testing/connect_redis.ts'
import { httpStore } from './http_store.ts'
import { processHeader } from './token_door.ts'

const variable = (name: string): string => process.env[name] ?? ''
const storeUrl = variable('STORE_URL')
const redis = storeUrl.startsWith('redis:') ? await connectRedis(storeUrl) : undefined

const tokens = createTokenManager({
  issuer: variable('ISSUER'),
  tokenEndpoint: variable('TOKEN_ENDPOINT'),
  clientId: variable('CLIENT_ID'),
  clientSecret: variable('CLIENT_SECRET'),
  audience: variable('AUDIENCE'),
  sharedCache: sealedCache({
    store: redis === undefined ? httpStore(storeUrl) : redisStore(redis),
    keys: [variable('SEALING_KEY')],
    leaseMs: Number(variable('LEASE_MS')),
    storeTimeoutMs: 2_000,
  }),
  fetch: (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set(processHeader, String(process.pid))
    return fetch(input, { ...init, headers })
  },
})

console.log('ready')
await once(process.stdin, 'data')
const had = await Promise.all(Array.from({ length: 100 }, () => tokens.getToken()))
const distinct = new Set(had.map(({ accessToken }) => createHash('sha256').update(accessToken).digest('hex')))
console.log(JSON.stringify([...distinct]))
redis?.destroy()
process.stdin.destroy()
