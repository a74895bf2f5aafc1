/** The issuer's key set over HTTP on loopback, which answers as a case has it and counts how often it was asked. */
import { createServer, type ServerResponse } from 'node:http'

export type Answer = (response: ServerResponse) => unknown

export interface ServedKeys {
  readonly jwksUri: string
  /** How the next requests are answered. */
  answer: Answer
  /** Requests so far. */
  requests: number
}

const longestConnectionMs = 30_000

export const answerWith =
  (keys: readonly unknown[]): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
  }

/** An issuer that is up and not well. */
export const answerUnavailable: Answer = (response) => {
  response.writeHead(503).end()
}

/** Starts the server. Each set of keys it serves has a path of its own, so that no library finds the keys of another case. */
export const startKeyServer = async () => {
  const served = new Map<string, ServedKeys>()
  const server = createServer((request, response) => {
    const keys = served.get(request.url ?? '')
    if (keys === undefined) return response.writeHead(404).end()
    keys.requests += 1
    return keys.answer(response)
  })
  server.setTimeout(longestConnectionMs)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('not listening on TCP')
  const origin = `http://127.0.0.1:${address.port}`
  return {
    serve: (answer: Answer): ServedKeys => {
      const path = `/${served.size}/keys`
      const keys = { jwksUri: `${origin}${path}`, answer, requests: 0 }
      served.set(path, keys)
      return keys
    },
    close: async (): Promise<void> => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type KeyServer = Awaited<ReturnType<typeof startKeyServer>>
