/** `credence token`: gets an access token as a service would and prints it. RFC 6749 §4.4. */
import type { Command } from 'commander'
import { addExamples, addJsonOption, type JsonOption, parseList, repeatable } from './command_options.ts'

interface TokenOptions extends JsonOption {
  readonly issuer?: string
  readonly clientId?: string
  readonly scope?: readonly (readonly string[])[]
  readonly audience?: string
}

export const defineToken = (command: Command): void => {
  command
    .description(
      'Get an access token as a service would, and print it alone. The secret is read from CREDENCE_CLIENT_SECRET, or from ' +
        'the file that CREDENCE_CLIENT_SECRET_FILE names. It is no option, because options show in the list of processes ' +
        'and stay in the history of the shell.',
    )
    .option('--issuer <URL>', 'who issues it: CREDENCE_ISSUER, or the server on this machine, unless given')
    .option('--client-id <ID>', 'who asks: CREDENCE_CLIENT_ID unless given')
    .addOption(repeatable('--scope <SCOPE>', 'what for: all that the client is granted unless given', parseScopes))
    .option('--audience <AUDIENCE>', 'the API it is for; needed only where the client is granted several')
    .action(getToken)
  addJsonOption(command)
  addExamples(command, [
    'credence token --client-id report-job --scope orders:read',
    'curl -H "Authorization: Bearer $(credence token)" http://127.0.0.1:3000/orders',
  ])
}

/** As on the wire with spaces, or with commas as everywhere here. */
const parseScopes = (text: string): readonly string[] => text.trim().split(/[ ,]+/).flatMap(parseList)

const getToken = async ({ json, issuer, clientId, scope, audience }: TokenOptions): Promise<void> => {
  const [{ createTokenManager, TokenError }, { readClientCredential }, { resolveIssuer }, { CliError }] =
    await Promise.all([
      import('@credence/client'),
      import('../management/client_credential.ts'),
      import('../management/resolve_issuer.ts'),
      import('../cli_error.ts'),
    ])
  const credential = await readClientCredential(process.env, { clientId })
  try {
    const tokens = createTokenManager({
      ...credential,
      issuer: await resolveIssuer(issuer),
      scope: scope?.flat(),
      audience,
    })
    const token = await tokens.getToken()
    const { accessToken, tokenType, expiresAt, scope: granted } = token
    const { printJson, printLines } = await import('../terminal/print.ts')
    if (json) printJson({ access_token: accessToken, token_type: tokenType, expires_at: expiresAt, scope: granted })
    else printLines([accessToken])
  } catch (error) {
    if (error instanceof TokenError) throw new CliError(error.code, error.message, { cause: error })
    throw error
  }
}
