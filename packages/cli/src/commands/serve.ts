/** `credence serve`: starts the authorization server and stops it again on SIGTERM or SIGINT. */
import { readFile } from 'node:fs/promises'
import {
  type Configuration,
  ConfigurationError,
  options,
  type RunningServer,
  resolveConfiguration,
  startServer,
} from '@credence/server'
import { type Command, Option } from 'commander'
import { dataFlag } from '../management/local_transport.ts'
import { openManagement } from '../management/management_client.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { addExamples, addJsonOption } from './command_options.ts'
import { releaseStartMemory } from './release_start_memory.ts'

type ServeFlags = Readonly<Record<string, string | undefined>> & { readonly json?: true }

export const defineServe = (command: Command): void => {
  command.description(
    'Start the authorization server. Every option has a flag, an environment variable and a key in the file.',
  )
  command.option('--config <FILE>', 'a YAML file of options, keys as the flags with underscores (CREDENCE_CONFIG)')
  for (const { flag, value, bare, help, variable, fallback } of options) {
    const otherwise = fallback === undefined || flag === 'data' ? '' : `; ${fallback} unless given`
    const described = `${help} (${variable})${otherwise}`
    if (bare === undefined) command.option(`--${flag} <${value}>`, described)
    else command.addOption(new Option(`--${flag} [${value}]`, described).preset(bare))
  }
  addJsonOption(command)
  addExamples(command, [
    'credence serve',
    'credence serve --port 0 --data /tmp/try --json',
    'credence serve --config credence.yaml',
  ])
  command.action((flags: ServeFlags) => serve(flags))
}

/** Whoever waited for the server to be ready has been answered by then, and has hardly begun to send it requests. */
const releaseAfterMs = 500

const serve = async ({ json, config, ...flags }: ServeFlags): Promise<void> => {
  const path = config ?? process.env.CREDENCE_CONFIG
  const file = path === undefined ? undefined : await readConfigurationFile(path)
  const configuration = resolveConfiguration({ flags, environment: process.env, file })
  const stopping = nextStopSignal()
  const server = await startServer(configuration)
  try {
    if (json === true) printJson(readyEvent(server, configuration))
    else printLines(await describeReady(server, configuration))
    setTimeout(releaseStartMemory, releaseAfterMs).unref()
    await stopping
    exitAtNextSignal()
  } finally {
    await server.close()
    // what nobody reads from standard output would keep the process; the log that goes there is sent again
    setTimeout(() => process.exit(), unreadOutputMs).unref()
  }
}

const unreadOutputMs = 2_000

/** @throws {ConfigurationError} */
const readConfigurationFile = async (path: string): Promise<unknown> => {
  // loaded only where there is a file to read
  const { parse } = await import('yaml')
  try {
    return parse(await readFile(path, 'utf8'))
  } catch (error) {
    // the first line says what and where; those after it quote the file, which may hold a secret
    const [reason] = error instanceof Error ? error.message.split('\n', 1) : []
    throw new ConfigurationError([`${path}: ${reason ?? 'cannot be read'}`], { cause: error })
  }
}

const stopSignals = ['SIGTERM', 'SIGINT'] as const

/** From here on the first signal is not lost, even where it comes before the server is ready. */
const nextStopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of stopSignals) process.once(signal, () => resolve())
  })

const exitAtNextSignal = (): void => {
  for (const signal of stopSignals) {
    process.removeAllListeners(signal)
    process.once(signal, () => process.exit(1))
  }
}

const readyEvent = (server: RunningServer, { data }: Configuration) => ({
  event: 'ready',
  issuer: server.issuer,
  public_url: server.publicUrl,
  management_url: server.managementUrl ?? null,
  data,
  pid: process.pid,
})

const describeReady = async (server: RunningServer, { data }: Configuration): Promise<readonly string[]> => [
  'credence is ready',
  '',
  `  issuer          ${server.issuer}`,
  `  token endpoint  ${server.issuer.replace(/\/$/, '')}/oauth/token`,
  `  management      ${server.managementUrl ?? 'off over TCP'}, and on this machine the socket ${server.socketPath}`,
  `  data            ${data}`,
  ...(await nextSteps(data)),
]

/** What to do first, while there is nobody who could ask for a token. */
const nextSteps = async (data: string): Promise<readonly string[]> => {
  const { items } = await (await openManagement(data)).get<{ items: readonly unknown[] }>('/clients?limit=1')
  if (items.length > 0) return []
  const flag = dataFlag(data)
  return [
    '',
    'There is no client yet. In another terminal, an API and a client that may read it:',
    '',
    `  credence api create https://orders.example.com --scope jobs:read --scope jobs:write${flag}`,
    `  credence client create report-job --grant https://orders.example.com=jobs:read${flag}`,
  ]
}
