/** The examination: which check builds on which. Each starts as soon as those are done, and they are told in this order. */
import type { AccessToken, TokenManagerOptions } from '@credence/client'
import { guessProvider } from '../provider/guess_provider.ts'
import type { Provider } from '../provider/resolve_provider.ts'
import { checkClock, checkConnect, checkDns, checkTls } from './check_connection.ts'
import { checkIntrospection, checkRevocation } from './check_endpoints.ts'
import { checkEnvironment } from './check_environment.ts'
import { checkKeySet, checkSignature, checkSigningKey, checkVerifier } from './check_keys.ts'
import { checkClient, checkDataFolder, checkServer, type LocalClient, type LocalServer } from './check_local_server.ts'
import {
  checkAuthMethod,
  checkGrant,
  checkIssuer,
  checkTokenEndpoint,
  documentOf,
  type MetadataAnswers,
  readMetadata,
} from './check_metadata.ts'
import { checkSecret } from './check_secret.ts'
import {
  checkAudience,
  checkCredentials,
  checkLifetime,
  checkScope,
  checkTokenForm,
  requestToken,
  type TokenOutcome,
} from './check_token.ts'
import { type Examination, need, type Step } from './examination.ts'
import { Skipped } from './finding.ts'

export interface Patient {
  /** With a stand-in for the client where there is none. */
  readonly options: TokenManagerOptions
  /** Undefined: nobody to ask for a token as. */
  readonly provider: Provider | undefined
  /** What a server on this machine knows of the client. */
  readonly client: Step<LocalClient> | undefined
}

/** What can be looked at before it is known who the issuer is. */
export const examineHere = ({ start }: Examination): Step<true> =>
  start('environment', () => checkEnvironment(process.env))

/** A server on this machine, which knows its issuer and its clients. */
export const examineLocalServer = ({ start }: Examination, folder: string): Step<LocalServer> => {
  start('data_folder', () => checkDataFolder(folder))
  return start('server', () => checkServer(folder))
}

export const examineLocalClient = (
  { start }: Examination,
  server: Step<LocalServer>,
  clientId: string | undefined,
): Step<LocalClient> => start('client', async () => checkClient(await need(server), clientId))

export const examineIssuer = (examination: Examination, patient: Patient): void => {
  const { start, prepare, signal } = examination
  const { options, provider } = patient
  const { issuer } = options
  const url = new URL(issuer)

  const dns = start('dns', () => checkDns(url))
  const connect = start('connect', async () => (await need(dns)) && checkConnect(url))
  const tls = start('tls', async () => (await need(connect)) && checkTls(url, provider?.ca))
  const metadata = start(
    'metadata',
    async () => (await need(tls)) && readMetadata(issuer, { fetch: options.auth?.fetch, signal }),
  )
  start('clock', async () => checkClock((await need(metadata)).answer))
  const sameIssuer = start('issuer', async () => checkIssuer(documentOf(await need(metadata)), issuer))
  const endpoint = start('token_endpoint', async () => {
    await need(tls)
    const read = options.tokenEndpoint === undefined ? await need(metadata) : await metadata.value
    return checkTokenEndpoint(read?.document, options)
  })
  const requested = prepare(async () => {
    if (provider === undefined) throw new Skipped('no_client', 'no client: give --client-id and its credential')
    await need(endpoint)
    // where the endpoint is read from a document, that must be the right one
    if (options.tokenEndpoint === undefined) await need(sameIssuer)
    return requestToken(options)
  })
  examineRequest(examination, { patient, metadata, requested })
  examineToken(examination, { patient, metadata, requested })
}

interface Examined {
  readonly patient: Patient
  readonly metadata: Step<MetadataAnswers>
  readonly requested: Promise<TokenOutcome>
}

const examineRequest = ({ start }: Examination, { patient, metadata, requested }: Examined): void => {
  const { provider, options, client } = patient
  const outcome = async () => {
    const ended = await requested.catch(() => undefined)
    return ended && { gotToken: ended.token !== undefined, code: ended.error?.code }
  }
  start('grant', async () => {
    const { document } = await need(metadata)
    return checkGrant(document, options.grant?.type ?? 'client_credentials', await outcome())
  })
  start('auth_method', async () => {
    if (provider === undefined) throw new Skipped('no_client', 'no client: give --client-id and its credential')
    const { document } = await need(metadata)
    return checkAuthMethod(document, provider.authMethod, await outcome())
  })
  start('secret', async () => checkSecret(provider?.secret, await client?.value))
  start('credentials', async () => checkCredentials(await requested))
  const asked = [options.scope ?? []].flat().flatMap((scope) => scope.split(' '))
  start('scope', async () => checkScope(admitted(await requested, 'invalid_scope'), asked))
  const audience = options.audience ?? options.resource
  start('audience', async () => checkAudience(admitted(await requested, 'invalid_target'), oneOf(audience)))
}

const examineToken = ({ start, signal }: Examination, { patient, metadata, requested }: Examined): void => {
  const { options, provider } = patient
  const { issuer } = options
  const document = async () => documentOf(await need(metadata))
  start('lifetime', async () => checkLifetime(tokenOf(await requested)))
  const form = start('token_form', async () => checkTokenForm(tokenOf(await requested)))
  const keys = start('key_set', async () => checkKeySet(await document(), { fetch: options.auth?.fetch, signal }))
  const key = start('signing_key', async () => checkSigningKey(await need(form), await need(keys)))
  start('signature', async () => checkSignature(await need(form), await need(key)))
  start('verifier', async () => {
    const token = await need(form)
    if (token.jwt === undefined) throw new Skipped('opaque_token', 'the token is opaque')
    const name = provider?.name ?? guessProvider(issuer)
    const audience = oneOf(options.audience ?? options.resource)
    return checkVerifier(token, await need(keys), { issuer, provider: name, audience })
  })
  start('introspection', async () =>
    checkIntrospection(await document(), tokenOf(await requested).accessToken, { options, signal }),
  )
  start('revocation', async () => {
    tokenOf(await requested)
    return checkRevocation(await document(), { options, signal })
  })
}

const tokenOf = ({ token }: TokenOutcome): AccessToken => {
  if (token === undefined) throw new Skipped('needs_another', 'there is no token')
  return token
}

/** There is a token, or it was refused for this very reason. */
const admitted = (outcome: TokenOutcome, code: string): TokenOutcome => {
  if (outcome.error?.code !== code) tokenOf(outcome)
  return outcome
}

const oneOf = (value: string | readonly string[] | undefined): string | undefined => [value ?? []].flat()[0]
