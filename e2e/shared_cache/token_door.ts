/** What stands between processes and the token endpoint: counts requests, by process, and can keep them waiting. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TokenDoor {
  readonly url: string
  /** Process ids of those who have asked, in turn. */
  readonly asked: readonly number[]
  /** Resolves when so many have asked. */
  readonly untilAsked: (count: number) => Promise<void>
  /** Whether requests are let through; those that came while they were not are never answered. */
  isOpen: boolean
  readonly close: () => Promise<void>
}

/** The header by which a process names itself. */
export const processHeader = 'x-process-id'

export const openTokenDoor = async (tokenEndpoint: string): Promise<TokenDoor> => {
  const asked: number[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    asked.push(Number(request.headers[processHeader]))
    server.emit('asked')
    if (!door.isOpen) return
    const { authorization = '', 'content-type': type = '' } = request.headers
    const answer = await fetch(tokenEndpoint, {
      method: 'POST',
      headers: { authorization, 'content-type': type },
      body: Buffer.concat(chunks),
    })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    response.end(await answer.text())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const door: TokenDoor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/token`,
    asked,
    untilAsked: async (count) => {
      while (asked.length < count) await once(server, 'asked')
    },
    isOpen: true,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return door
}
