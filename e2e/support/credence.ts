/** A running Credence for a test file: started as a process, filled over its local socket, asked over HTTP. */
import { join } from 'node:path'
import { type Environment, makeFolder, type SpawnedCredence, spawnCredence } from './credence_process.ts'
import { type HttpAnswer, jsonOf, type Listener, sendHttp } from './http.ts'

export interface ApiSettings {
  readonly audience: string
  readonly scopes: readonly string[]
  readonly token_ttl_seconds?: number
  readonly signing_alg?: 'ES256' | 'RS256' | 'PS256' | 'EdDSA'
  readonly token_format?: 'jwt' | 'opaque'
}

export interface ClientSettings {
  readonly client_id: string
  readonly grants?: readonly { readonly audience: string; readonly scopes: readonly string[] }[]
  readonly client_name?: string
  readonly token_endpoint_auth_method?: 'client_secret_basic' | 'client_secret_post'
  readonly default_scope?: readonly string[]
  readonly token_ttl_seconds?: number
  readonly serves?: readonly string[]
  readonly credential?: { readonly label?: string; readonly expires_in?: number }
}

export interface TestClient {
  readonly client_id: string
  readonly client_secret: string
  readonly credential_id: string
}

export interface RunningCredence {
  readonly issuer: string
  readonly public: { readonly url: string }
  readonly management: { readonly url: string }
  readonly socket: Listener
  readonly data: string
  readonly pid: number
  /** All that the process has written so far, on both streams. */
  readonly output: () => string
  /** Calls the management API over the local socket. */
  readonly manage: (method: string, path: string, body?: unknown) => Promise<HttpAnswer>
  readonly createApi: (api: ApiSettings) => Promise<void>
  readonly createClient: (client: ClientSettings) => Promise<TestClient>
  /** Ends it as an operator would, with SIGTERM. Resolves to its exit code. The data stay until {@link dispose}. */
  readonly stop: () => Promise<number | null>
  /** Ends it and removes its data. */
  readonly dispose: () => Promise<void>
}

export interface StartOptions {
  readonly args?: readonly string[]
  readonly environment?: Environment
  /** An existing data folder; a new temporary one unless given. */
  readonly data?: string
}

/** Starts `credence serve` on free ports and waits until it is ready. */
export const startCredence = async ({
  args = [],
  environment = {},
  data,
}: StartOptions = {}): Promise<RunningCredence> => {
  const folder = data === undefined ? await makeFolder() : { path: data, dispose: async () => {} }
  const spawned = spawnCredence(
    ['serve', '--json', '--port', '0', '--management-port', '0', '--data', folder.path, ...args],
    { environment, cwd: folder.path },
  )
  const ready = await untilReady(spawned)
  const socket = { socketPath: join(folder.path, 'credence.sock') }
  const manage: RunningCredence['manage'] = (method, path, body) =>
    sendHttp(socket, {
      method,
      path: `/admin/v1${path}`,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
  const create = async (path: string, body: unknown) => {
    const answer = await manage('POST', path, body)
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.body}`)
    return jsonOf(answer)
  }
  const stop = async () => {
    spawned.process.kill('SIGTERM')
    return spawned.ended
  }
  return {
    issuer: ready.issuer,
    public: { url: ready.public_url },
    management: { url: ready.management_url },
    socket,
    data: folder.path,
    pid: ready.pid,
    output: () => spawned.stdout() + spawned.stderr(),
    manage,
    createApi: async (api) => {
      await create('/apis', api)
    },
    createClient: async (client) => (await create('/clients', client)) as unknown as TestClient,
    stop,
    dispose: async () => {
      await stop()
      await folder.dispose()
    },
  }
}

interface ReadyEvent {
  readonly event: 'ready'
  readonly issuer: string
  readonly public_url: string
  readonly management_url: string
  readonly pid: number
}

const untilReady = ({ process: child, ended, stdout, stderr }: SpawnedCredence): Promise<ReadyEvent> =>
  new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const [line, ...rest] = stdout().split('\n')
      if (line !== undefined && rest.length > 0) resolve(JSON.parse(line))
    })
    ended.then((code) => reject(new Error(`credence serve ended with ${code}: ${stderr()}`)), reject)
  })
