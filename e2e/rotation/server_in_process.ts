/** A server in this process, whose wall clock a test can move: hours of rotation pass without waiting. */
import { type Clock, systemClock } from '@credence/protocol'
import { resolveConfiguration, startServer } from '@credence/server'
import { makeFolder } from '../support/credence_process.ts'
import { type HttpAnswer, jsonOf, sendHttp } from '../support/http.ts'

export interface MovableClock extends Clock {
  /** Moves the wall clock on; what measures durations goes on as it was. */
  advance(seconds: number): void
}

export interface ServerInProcess {
  readonly issuer: string
  readonly public: { readonly url: string }
  readonly clock: MovableClock
  readonly manage: (method: string, path: string, body?: unknown) => Promise<HttpAnswer>
  /** The body of an answer that is a success. @throws when it is none */
  readonly manageJson: (method: string, path: string, body?: unknown) => Promise<Readonly<Record<string, unknown>>>
  readonly dispose: () => Promise<void>
}

const createClock = (): MovableClock => {
  let ahead = 0
  return {
    epochSeconds: () => systemClock.epochSeconds() + ahead,
    monotonicMs: systemClock.monotonicMs,
    advance(seconds) {
      ahead += seconds
    },
  }
}

export const startServerInProcess = async (): Promise<ServerInProcess> => {
  const folder = await makeFolder()
  const clock = createClock()
  const flags = { port: '0', managementPort: 'off', data: folder.path, logLevel: 'error' }
  const server = await startServer(resolveConfiguration({ flags, environment: {}, file: undefined }), { clock })
  const socket = { socketPath: server.socketPath }
  const manage: ServerInProcess['manage'] = (method, path, body) =>
    sendHttp(socket, {
      method,
      path: `/admin/v1${path}`,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
  return {
    issuer: server.issuer,
    public: { url: server.publicUrl },
    clock,
    manage,
    async manageJson(method, path, body) {
      const answer = await manage(method, path, body)
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`)
      return jsonOf(answer)
    },
    async dispose() {
      await server.close()
      await folder.dispose()
    },
  }
}
