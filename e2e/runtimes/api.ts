/** An API that refuses the first token it is shown, takes any other, and answers with what it was sent. RFC 6750 §3.1. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export const startApi = async (): Promise<AsyncDisposable & { readonly url: string }> => {
  let refused: string | undefined
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    refused ??= request.headers.authorization
    if (request.headers.authorization === refused) {
      response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' })
    }
    response.end(Buffer.concat(chunks))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
