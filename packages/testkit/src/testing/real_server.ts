/** The real authorization server, in this process, with one API and one client: what the testkit's own is compared with. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { resolveConfiguration, startServer } from '@credence/server'

export interface ComparedServer extends AsyncDisposable {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

export const api = { audience: 'https://orders.example.com', scopes: ['orders:read', 'orders:write'] } as const

export const startRealServer = async (): Promise<ComparedServer> => {
  const data = await mkdtemp(join(tmpdir(), 'credence-testkit-'))
  const flags = { data, port: '0', managementPort: 'off', logLevel: 'silent' }
  const server = await startServer(resolveConfiguration({ flags, environment: {}, file: undefined }))
  const create = (path: string, body: object) => manage(server.socketPath, path, body)
  await create('/admin/v1/apis', api)
  const client = await create('/admin/v1/clients', { client_id: 'job', grants: [api] })
  return {
    issuer: server.issuer,
    clientId: 'job',
    clientSecret: String(client.client_secret),
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await rm(data, { recursive: true })
    },
  }
}

const manage = async (socketPath: string, path: string, body: object): Promise<Record<string, unknown>> => {
  const headers = { 'content-type': 'application/json' }
  const sent = httpRequest({ socketPath, path, method: 'POST', headers }).end(JSON.stringify(body))
  const [response] = await once(sent, 'response')
  const answer = await text(response)
  if (response.statusCode !== 201) throw new Error(`${path}: ${response.statusCode} ${answer}`)
  return JSON.parse(answer)
}
