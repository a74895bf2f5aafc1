/** How a server under load tells the benchmark that it is ready: one JSON line on standard output. */
import { executionAsyncResource } from 'node:async_hooks'
import type { JsonWebKey } from 'node:crypto'
import type { Server } from 'node:http'

/** What a server says of itself once it listens. */
export interface Ready {
  /** Its token endpoint. */
  readonly url: string
  /** What verifies its tokens; absent where they are opaque. */
  readonly keys?: { readonly keys: readonly JsonWebKey[] }
}

const kept: object[] = []

/** Listens on a free loopback port and says so. Keeps one tick alive, as the server does (../turn_wise.md, point 6). */
export const serve = (server: Server, path: string, jwk?: JsonWebKey): void => {
  process.nextTick(() => kept.push(executionAsyncResource()))
  server.listen(0, '127.0.0.1', () => announce(server, path, jwk))
}

/** The key id of the servers that the benchmark brings itself. */
export const kid = 'k1'

/** Says where a server listens. */
export const announce = (server: Server, path: string, jwk?: JsonWebKey): void => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('not listening on TCP')
  const ready: Ready = {
    url: `http://127.0.0.1:${address.port}${path}`,
    ...(jwk && { keys: { keys: [{ ...jwk, kid }] } }),
  }
  process.stdout.write(`${JSON.stringify(ready)}\n`)
}
