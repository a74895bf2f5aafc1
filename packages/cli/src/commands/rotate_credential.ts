/** `credence credential rotate`: one secret after the other, without a gap. */
import { createInterface } from 'node:readline/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { CliError, usageError } from '../cli_error.ts'
import { dataFlag } from '../management/local_transport.ts'
import type { CredentialApi, CredentialOutlook } from '../rotation/credential_api.ts'
import { describeNewSecret } from '../rotation/describe_credentials.ts'
import { reportToPeople, reportToPrograms } from '../rotation/report_rotation.ts'
import { rotate } from '../rotation/rotate.ts'
import { type RotationState, type RotationTerms, readRotationState } from '../rotation/rotation_state.ts'
import { printJson, printLines } from '../terminal/print.ts'
import { openCredentials, type SecretOptions } from './credential_actions.ts'

export interface RotateOptions extends SecretOptions, RotationTerms {
  readonly yes?: true
  readonly resume?: true
  /** False for --no-wait. */
  readonly wait: boolean
}

export const rotateCredential = async (client: string, options: RotateOptions): Promise<void> => {
  checkOptions(options)
  // a script that neither confirms nor waits gets its secret and goes on
  if (!options.wait || !(canConfirm(options) || options.resume)) return addAndReturn(client, options)
  const interrupted = interruptOnSignal(resumeCommand(client, options))
  const credentials = await openSecrets(client, options)
  const now = () => performance.now()
  await rotate(
    { client, secret: options, terms: options, resume: options.resume === true },
    {
      credentials,
      report: options.json ? reportToPrograms(now) : reportToPeople(now),
      confirm: async (state) => options.yes === true || ask(describeQuestion(state), interrupted),
      sleep: async (milliseconds) => {
        await delay(milliseconds, undefined, { signal: interrupted }).catch(() => interrupted.throwIfAborted())
      },
    },
  )
}

/** The secrets of a client, without its other credentials. @throws {CliError} `no_secret` */
const openSecrets = async (client: string, { data }: RotateOptions): Promise<CredentialApi> => {
  const credentials = await openCredentials(data)
  const secretsOf = async () => {
    const all = await credentials.list(client)
    return { all, secrets: all.filter(({ kind }) => kind === 'secret') }
  }
  const { all, secrets } = await secretsOf()
  const other = all.find(({ status, kind }) => status === 'live' && kind !== 'secret')
  if (other !== undefined && !secrets.some(({ status }) => status === 'live')) {
    throw new CliError('no_secret', `${client} has no secret to rotate. ${howToRotate(other, client)}`)
  }
  return { ...credentials, list: async () => (await secretsOf()).secrets }
}

/** Of what a client holds itself, it makes the next one itself. */
const howToRotate = ({ kind, jwks_uri: uri }: CredentialOutlook, client: string): string => {
  const then = `deploy it, and when credence credential list ${client} shows that the old one is not used any more: credence credential revoke ${client} CREDENTIAL`
  if (uri !== undefined)
    return `It publishes its keys at ${uri}: publish the new key beside the old one, sign with it, and take the old one away once nothing signs with it`
  switch (kind) {
    case 'key':
      return `For a key: credence credential add ${client} --jwks FILE, or --generate-key FILE; ${then}`
    case 'certificate':
      return `For a certificate: credence credential add ${client} --certificate FILE, where the new one has another key or name; ${then}`
    default:
      return 'A platform’s tokens are renewed by the platform: there is nothing to rotate'
  }
}

const canConfirm = ({ yes, json }: RotateOptions): boolean => yes === true || (!json && process.stdin.isTTY === true)

const checkOptions = (options: RotateOptions): void => {
  const { resume, wait, label, expires } = options
  if (!resume) return
  if (!wait) throw usageError('--resume waits; leave out --no-wait')
  if (label !== undefined || expires !== undefined) {
    throw usageError('--resume adds no secret, so --label and --expires say nothing')
  }
  if (!canConfirm(options)) throw usageError('nobody is here to confirm that the older ones may go: give --yes')
}

const addAndReturn = async (client: string, options: RotateOptions): Promise<void> => {
  const credentials = await openSecrets(client, options)
  const added = await credentials.add(client, options)
  const { older = [] } = readRotationState(await credentials.list(client), options, added.credential_id) ?? {}
  if (options.json) return printJson({ event: 'added', ...added, older })
  printLines(describeNewSecret(added))
  if (older.length === 0) return
  const data = options.data === undefined ? '' : dataFlag(options.data)
  printLines(['', '# 1. Give every deployment the new secret.'])
  printLines(['# 2. Wait until only the new one is used, and retire the older ones:'])
  printLines([`#      ${resumeCommand(client, options)}`])
  printLines(['# or watch with credence credential list, and retire each yourself:'])
  printLines(older.map(({ credential_id: id }) => `#      credence credential revoke ${client} ${id}${data}`))
}

const resumeCommand = (client: string, { data, quiet, overlap, retire = [] }: RotateOptions): string =>
  [
    `credence credential rotate ${client} --resume`,
    ...(quiet === undefined ? [] : [`--quiet ${quiet}s`]),
    ...(overlap === undefined ? [] : [`--overlap ${overlap}s`]),
    ...retire.map((id) => `--retire ${id}`),
  ].join(' ') + (data === undefined ? '' : dataFlag(data))

const interruptOnSignal = (resume: string): AbortSignal => {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () =>
      controller.abort(
        new CliError('interrupted', `stopped; every secret that worked goes on working. Go on with: ${resume}`),
      ),
    )
  }
  return controller.signal
}

const describeQuestion = ({ older }: RotationState): string =>
  `Only the new one is used. Revoke ${older.map(({ credential_id: id }) => id).join(' ')}? [y/N] `

const ask = async (question: string, signal: AbortSignal): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // on a terminal Ctrl-C comes to whoever reads the line
  terminal.once('SIGINT', () => process.emit('SIGINT'))
  try {
    return /^y(es)?$/i.test((await terminal.question(question, { signal })).trim())
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    terminal.close()
  }
}
