/** The local socket: whoever may open it may manage the server, no credential needed. */
import { join, relative, resolve } from 'node:path'
import { CliError } from '../cli_error.ts'
import { exchange } from './http_exchange.ts'
import type { Send } from './management_client.ts'

export const createLocalTransport = (dataFolder: string): Send => {
  const socketPath = socketPathOf(dataFolder)
  return (request) =>
    exchange({ socketPath }, request).catch((error: unknown) => {
      throw new CliError('no_server', explain(error, dataFolder), { cause: error })
    })
}

/** As short as it can be written: the kernel bounds the path of a socket to 107 bytes. */
const socketPathOf = (dataFolder: string): string => {
  const absolute = join(resolve(dataFolder), 'credence.sock')
  const fromHere = relative(process.cwd(), absolute)
  return fromHere.length < absolute.length ? fromHere : absolute
}

const explain = (error: unknown, dataFolder: string): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const socket = join(resolve(dataFolder), 'credence.sock')
  if (code === 'EACCES') return `only the owner of ${socket} may use it: run this as the user that runs credence serve`
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return (
      `no server answers at ${socket}. Start one there with: credence serve${dataFlag(dataFolder)}. ` +
      'Or say where one runs: --data FOLDER or CREDENCE_DATA on this machine, CREDENCE_URL elsewhere.'
    )
  }
  return `the server at ${socket} did not answer: ${error instanceof Error ? error.message : error}`
}

const defaultDataFolder = 'credence-data'

/** The flag that names a data folder in a command to paste; nothing where it is the default. */
export const dataFlag = (dataFolder: string): string => {
  if (resolve(dataFolder) === resolve(defaultDataFolder)) return ''
  const fromHere = relative(process.cwd(), dataFolder)
  return ` --data ${fromHere.startsWith('..') ? resolve(dataFolder) : fromHere}`
}
