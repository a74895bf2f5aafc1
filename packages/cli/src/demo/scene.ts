/** The processes of the demo and what is known of them. */
import { randomUUID } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ManagementClient, openManagement } from '../management/management_client.ts'
import { failure, type ServiceProcess, startService } from './service_process.ts'

/** Tells one step of the story. */
export type Tell = (step: string) => void

export interface Scene {
  readonly issuer: string
  readonly ordersUrl: string
  readonly dataFolder: string
  readonly secretFile: string
  readonly management: ManagementClient
  /** Service A. */
  readonly job: ServiceProcess
  /** Service B. */
  readonly orders: ServiceProcess
  readonly firstSecret: Secret
  /** Runs a command of `credence` against the server. @returns what it printed with --json */
  readonly run: (...words: readonly string[]) => Promise<unknown>
  /** Puts another secret where the job reads its own, in one step: there is no moment without a whole one. */
  readonly replaceSecret: (secret: string) => Promise<void>
}

export interface Secret {
  readonly credential_id: string
  readonly client_secret: string
}

export interface SceneOptions {
  /** An empty folder of the demo's own. */
  readonly folder: string
  readonly signal: AbortSignal
  /** Every process is stopped with it. */
  readonly opened: AsyncDisposableStack
  readonly tell: Tell
}

export const audience = 'https://orders.example.com'
export const clientId = 'report-job'
/** As which the API asks what is revoked. */
const apiClientId = 'orders-api'
export const intervalMs = 25

export const startScene = async ({ folder, signal, opened, tell }: SceneOptions): Promise<Scene> => {
  const start = (name: string, args: readonly string[], environment: Readonly<Record<string, string>>) => {
    const service = startService({ name, args, environment, signal })
    opened.defer(() => service.stop())
    return service
  }
  const dataFolder = join(folder, 'credence-data')
  const secretFile = join(folder, 'client_secret')
  const replaceSecret = async (secret: string) => {
    const written = `${secretFile}.${randomUUID()}`
    await writeFile(written, secret, { mode: 0o600 })
    await rename(written, secretFile)
  }

  const run: Scene['run'] = async (...words) => {
    const command = start(`credence ${words.join(' ')}`, [ownProgram(), ...words, '--json', '--data', dataFolder], {})
    const [printed] = await command.waitFor(/^\{.*\}$/)
    return JSON.parse(printed)
  }

  const serve = ['serve', '--port', '0', '--management-port', 'off', '--data', dataFolder, '--json']
  const server = start('credence serve', [ownProgram(), ...serve], {})
  const [ready] = await server.waitFor(/^\{"event":"ready".*\}$/)
  const { issuer } = JSON.parse(ready) as { readonly issuer: string }
  tell(`The authorization server runs: credence serve, ${issuer}, process ${server.pid}.`)

  const management = await openManagement(dataFolder)
  await management.post('/apis', { audience, scopes: ['jobs:read', 'jobs:write'] })
  const grants = [{ audience, scopes: ['jobs:read'] }]
  const firstSecret = await management.post<Secret>('/clients', {
    client_id: clientId,
    grants,
    credential: { label: 'first' },
  })
  await replaceSecret(firstSecret.client_secret)
  tell(`It knows an API, ${audience}, and a client, ${clientId}, which may do jobs:read there and nothing else.`)

  const apiSecret = await management.post<Secret>('/clients', {
    client_id: apiClientId,
    serves: [audience],
    credential: {},
  })
  const orders = start('orders_api', [example('orders_api')], {
    CREDENCE_ISSUER: issuer,
    CREDENCE_CLIENT_ID: apiClientId,
    CREDENCE_CLIENT_SECRET: apiSecret.client_secret,
    PORT: '0',
  })
  const [, ordersUrl = ''] = await orders.waitFor(/^orders_api is ready: (.+)$/)
  tell(
    `Service B runs: the orders API, ${ordersUrl}, process ${orders.pid}. GET /jobs needs jobs:read, POST /jobs needs jobs:write. It follows what the server revokes.`,
  )

  const job = start('report_job', [example('report_job')], {
    CREDENCE_ISSUER: issuer,
    CREDENCE_CLIENT_ID: clientId,
    CREDENCE_CLIENT_SECRET_FILE: secretFile,
    ORDERS_URL: ordersUrl,
    REPORT_INTERVAL_MS: String(intervalMs),
    REPORT_RENEW_ALWAYS: 'yes',
  })
  await job.waitFor(/^report_job is ready/)
  tell(
    `Service A runs: a background job, process ${job.pid}, which calls B every ${intervalMs} ms, here with a new token each time.`,
  )
  return { issuer, ordersUrl, dataFolder, secretFile, management, job, orders, firstSecret, run, replaceSecret }
}

const ownProgram = (): string => {
  const [, program] = process.argv
  if (program === undefined) throw failure('it cannot tell which program it is part of')
  return program
}

const example = (name: string): string => fileURLToPath(import.meta.resolve(`@credence/examples/${name}`))
