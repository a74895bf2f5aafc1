/** Which authorization server is meant: the one named, else the one that runs here, else the default address. */
import { CliError } from '../cli_error.ts'
import { openManagement } from './management_client.ts'

const defaultIssuer = 'http://127.0.0.1:8400'

export const resolveIssuer = async (given: string | undefined): Promise<string> => {
  const named = given ?? process.env.CREDENCE_ISSUER
  if (named) return named
  try {
    const management = await openManagement(process.env.CREDENCE_DATA ?? 'credence-data')
    return (await management.get<{ readonly issuer: string }>('/server')).issuer
  } catch (error) {
    if (error instanceof CliError) return defaultIssuer
    throw error
  }
}
