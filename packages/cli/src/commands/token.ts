/** `credence token`: gets an access token as a service would and prints it. RFC 6749 §4.4. */
import type { Command } from 'commander'
import { addProviderOptions, type ProviderOptions, secretNote } from '../provider/provider_options.ts'
import { addExamples, addJsonOption } from './command_options.ts'

export const defineToken = (command: Command): void => {
  command.description(`Get an access token as a service would, from any provider, and print it alone. ${secretNote}`)
  addProviderOptions(command).action(getToken)
  addJsonOption(command)
  addExamples(command, [
    'credence token --client-id report-job --scope orders:read',
    'curl -H "Authorization: Bearer $(credence token)" http://127.0.0.1:3000/orders',
    'credence token --provider auth0 --domain example.eu.auth0.com --client-id AbC --audience https://orders.example.com',
  ])
}

const getToken = async (options: ProviderOptions): Promise<void> => {
  const [{ createTokenManager }, { resolveProvider, toCliError }] = await Promise.all([
    import('@credence/client'),
    import('../provider/resolve_provider.ts'),
  ])
  const provider = await resolveProvider(options)
  try {
    const token = await createTokenManager(provider.options).getToken()
    const { accessToken, tokenType, expiresAt, scope } = token
    const { printJson, printLines } = await import('../terminal/print.ts')
    if (options.json) printJson({ access_token: accessToken, token_type: tokenType, expires_at: expiresAt, scope })
    else printLines([accessToken])
  } catch (error) {
    throw toCliError(error)
  }
}
