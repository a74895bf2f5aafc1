/** The servers of D13, whose time is moved by hand, and one replica more that takes the steps of the schedule. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type Clock, systemRandomness } from '@credence/protocol'
import { type RunningServer, resolveConfiguration, startServer } from '@credence/server'
import { type DatabaseLocation, openStorage, type SigningKey } from '@credence/storage'
import { createAuditLog } from '../../packages/server/src/audit/audit_log.ts'
import { createAuditKey } from '../../packages/server/src/audit/audit_seal.ts'
import { takeDueKeySteps } from '../../packages/server/src/key_material/key_schedule.ts'
import { createSealer } from '../../packages/server/src/key_material/sealing.ts'
import { loadServerKeys } from '../../packages/server/src/key_material/server_keys.ts'
import { makeFolder } from '../support/credence_process.ts'
import { jsonOf, sendHttp } from '../support/http.ts'

export interface D13ServersOptions {
  /** Epoch seconds. */
  readonly now: () => number
  /** Replicas over one PostgreSQL database; undefined: one server on SQLite. */
  readonly replicas: { readonly count: number; readonly databaseUrl: string } | undefined
}

export interface D13Servers extends AsyncDisposable {
  readonly servers: readonly RunningServer[]
  /** Sends a change to the last of the servers, and returns what it answered. */
  readonly manage: (path: string, body: object) => Promise<Readonly<Record<string, unknown>>>
  readonly listKeys: () => Promise<readonly SigningKey[]>
  /** Takes what steps are due; none of the servers has to. Returns how many. */
  readonly takeSteps: () => Promise<number>
}

export const startServers = async ({ now, replicas }: D13ServersOptions): Promise<D13Servers> => {
  await using opened = new AsyncDisposableStack()
  const clock: Clock = { epochSeconds: now, monotonicMs: () => performance.now() }
  const masterKey = randomBytes(32)
  let database: DatabaseLocation | undefined
  const servers: RunningServer[] = []
  for (let index = 0; index < (replicas?.count ?? 1); index++) {
    const folder = await makeFolder()
    opened.defer(folder.dispose)
    const shared = replicas && { databaseUrl: replicas.databaseUrl, issuer: 'https://auth.example.com' }
    const own = { port: '0', managementPort: 'off', data: folder.path, masterKey: masterKey.toString('base64') }
    const flags = { ...shared, ...own, logLevel: 'error' }
    const server = await startServer(resolveConfiguration({ flags, environment: {}, file: undefined }), { clock })
    opened.defer(() => server.close())
    servers.push(server)
    database ??= replicas
      ? { kind: 'postgres', url: replicas.databaseUrl }
      : { kind: 'sqlite', file: `${folder.path}/credence.db` }
  }
  assert.ok(database)
  const storage = await openStorage({ database, clock })
  opened.defer(() => storage.close())
  const sealer = createSealer(masterKey, systemRandomness)
  const serverKeys = await loadServerKeys(storage.sealedKeys, sealer, { clock, randomness: systemRandomness })
  const audit = createAuditLog({ storage, seal: createAuditKey(serverKeys.audit_checkpoint), clock })
  const store = storage.signingKeys

  const resources = opened.move()
  return {
    servers,
    async manage(path, body) {
      const headers = { 'content-type': 'application/json' }
      const socket = { socketPath: servers.at(-1)?.socketPath ?? '' }
      const call = { method: 'POST', path: `/admin/v1${path}`, headers, body: JSON.stringify(body) }
      const answer = await sendHttp(socket, call)
      assert.ok(answer.status < 300, answer.body)
      return jsonOf(answer)
    },
    listKeys: () => store.list(),
    takeSteps: () => takeDueKeySteps({ store, audit, sealer, clock, rotateAfterSeconds: undefined }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
