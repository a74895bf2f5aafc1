/** A connected Redis client that tells of a lost connection at once, for tests of a shared cache. */
import { createClient } from 'redis'

export const connectRedis = async (url: string) => {
  const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: false } })
  // a client without a listener ends the process
  client.on('error', () => undefined)
  await client.connect().catch(() => undefined)
  return client
}
