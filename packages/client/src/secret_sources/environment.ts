/** The secret in an environment variable. */
import { TokenError } from '../token_error.ts'
import { parseSecretText } from './secret_document.ts'
import type { SecretStore } from './secret_source.ts'

/** Every runtime with an environment has it here: Node, Deno, Bun, and Workers where it is turned on. */
interface WithEnvironment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> }
}

/**
 * The secret in an environment variable, looked at for every token request.
 *
 * @param previous the variable with the secret before, if there is one
 * @returns a store that throws TokenError `credential_unavailable` while the variable is not set
 */
export const environmentSecret = (name: string, previous?: string): SecretStore => {
  const read = async () => {
    const text = readVariable(name)
    if (text === undefined) {
      throw new TokenError('credential_unavailable', `the environment variable ${name} is not set: give it the secret`)
    }
    const secret = parseSecretText(text, { where: `the environment variable ${name}` })
    return { ...secret, previous: (previous && readVariable(previous)) || secret.previous }
  }
  return { get: read, reload: read }
}

export const readVariable = (name: string): string | undefined => {
  const { process }: WithEnvironment = globalThis
  return process?.env?.[name] || undefined
}
