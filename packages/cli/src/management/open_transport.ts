/** Chooses the way to the management API: the local socket of a data folder, or CREDENCE_URL with a client's credential. */
import { usageError } from '../cli_error.ts'
import { createLocalTransport } from './local_transport.ts'
import type { Send } from './management_client.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** @param data the data folder given as a flag: it wins over CREDENCE_URL */
export const openTransport = async (data: string | undefined, environment: Environment): Promise<Send> => {
  const { CREDENCE_URL: url, CREDENCE_DATA: dataVariable } = environment
  if (data !== undefined || url === undefined || url === '') {
    return createLocalTransport(data ?? dataVariable ?? 'credence-data')
  }
  const parsed = URL.parse(url)
  if (parsed === null) throw usageError(`CREDENCE_URL is not a URL; it is the management URL, as http://127.0.0.1:8401`)
  const { createRemoteTransport } = await import('./remote_transport.ts')
  return createRemoteTransport(parsed, environment)
}
