/** A store of shared tokens as small as one can be: a map behind HTTP, which a test starts and its processes use. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SharedStore } from '@credence/client'
import { memoryStore } from '../../examples/shared_cache/memory_store.ts'

export interface HttpStore {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Serves a store in memory: each call is a POST to its name, its arguments a JSON array. */
export const startHttpStore = async (): Promise<HttpStore> => {
  const store = memoryStore()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const given = JSON.parse(Buffer.concat(chunks).toString())
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      '/get': () => store.get(given[0]),
      '/set': () => store.set(given[0], given[1], given[2]),
      '/remove': () => store.remove(given[0], given[1]),
    }
    const result = await calls[request.url ?? '']?.()
    response.end(JSON.stringify(result ?? null))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The same from another process. */
export const httpStore = (url: string): SharedStore => {
  const call = async <T>(name: string, ...given: readonly unknown[]): Promise<T> => {
    const response = await fetch(`${url}/${name}`, { method: 'POST', body: JSON.stringify(given) })
    return (await response.json()) as T
  }
  return {
    get: (key) => call('get', key),
    set: (key, value, options) => call('set', key, value, options),
    remove: (key, value) => call('remove', key, value),
  }
}
