/** The local management socket: in the data folder, openable by its owner alone. */
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join, relative } from 'node:path'
import { ConfigurationError } from './configuration/configuration_error.ts'

/** The kernel's bound on the path of a socket, less its final NUL (unix(7)). */
const maxPathBytes = 107

/**
 * The path of the socket in a data folder, as short as it can be written.
 *
 * @throws {ConfigurationError} when it is too long for the kernel.
 */
export const localSocketPath = (dataFolder: string): string => {
  const absolute = join(dataFolder, 'credence.sock')
  const fromHere = relative(process.cwd(), absolute)
  const path = fromHere.length < absolute.length ? fromHere : absolute
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new ConfigurationError([
      `data: ${absolute} is longer than the ${maxPathBytes} bytes a socket's path may have`,
    ])
  }
  return path
}

/**
 * Removes a socket that a crashed server left behind.
 *
 * @throws {ConfigurationError} when a server answers on it.
 */
export const clearStaleSocket = async (path: string): Promise<void> => {
  if (await isAnswered(path))
    throw new ConfigurationError([`data: another credence serves this folder (${path} answers)`])
  await rm(path, { force: true })
}

const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.setTimeout(1000)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    for (const event of ['error', 'timeout'] as const) {
      socket.once(event, () => {
        socket.destroy()
        resolve(event === 'timeout')
      })
    }
  })
