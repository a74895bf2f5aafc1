/** The client id and secret the command line itself uses, from the environment. A secret is never a flag: others see those in the list of processes. */
import { readFile } from 'node:fs/promises'
import { usageError } from '../cli_error.ts'
import type { Environment } from './open_transport.ts'

export interface ClientCredential {
  readonly clientId: string
  readonly clientSecret: string
}

/** @throws {CliError} `usage` naming what is missing. */
export const readClientCredential = async (
  environment: Environment,
  given: { readonly clientId?: string | undefined },
): Promise<ClientCredential> => {
  const clientId = given.clientId ?? environment.CREDENCE_CLIENT_ID
  if (!clientId) throw usageError('no client id: set CREDENCE_CLIENT_ID')
  const clientSecret = await readSecret(environment)
  if (!clientSecret)
    throw usageError('no client secret: set CREDENCE_CLIENT_SECRET, or CREDENCE_CLIENT_SECRET_FILE to a file with it')
  return { clientId, clientSecret }
}

const readSecret = async ({
  CREDENCE_CLIENT_SECRET: secret,
  CREDENCE_CLIENT_SECRET_FILE: file,
}: Environment): Promise<string | undefined> => {
  if (secret && file) throw usageError('CREDENCE_CLIENT_SECRET and CREDENCE_CLIENT_SECRET_FILE are both set; unset one')
  if (!file) return secret
  try {
    return (await readFile(file, 'utf8')).trimEnd()
  } catch (error) {
    throw usageError(`CREDENCE_CLIENT_SECRET_FILE: ${error instanceof Error ? error.message : 'cannot be read'}`)
  }
}
