/** The management URL of a server elsewhere, with a token for urn:credence:admin that a client's credential gets. RFC 9728, RFC 6750. */
import { createTokenManager, TokenError, type TokenManager } from '@credence/client'
import { isIssuer, isSecureUrl, parseChallenges, wellKnownUrl } from '@credence/protocol'
import { CliError, usageError } from '../cli_error.ts'
import { readClientCredential } from './client_credential.ts'
import { exchange, type HttpAnswer } from './http_exchange.ts'
import type { Send } from './management_client.ts'
import type { Environment } from './open_transport.ts'

const adminAudience = 'urn:credence:admin'

/** @throws {CliError} `usage` when the URL may not carry a token or the credential is missing. */
export const createRemoteTransport = async (url: URL, environment: Environment): Promise<Send> => {
  if (!isSecureUrl(url))
    throw usageError(`CREDENCE_URL ${url.origin} must be https, or http on this machine: a token goes there`)
  const { clientId, clientSecret } = await readClientCredential(environment, {})
  const reach = (request: Parameters<Send>[0]): Promise<HttpAnswer> =>
    exchange({ url }, request).catch((error: unknown) => {
      throw new CliError('unreachable', `CREDENCE_URL ${url.origin} cannot be reached: ${messageOf(error)}`, {
        cause: error,
      })
    })
  let tokens: TokenManager | undefined
  const getToken = async (): Promise<string> => {
    tokens ??= createTokenManager({
      issuer: environment.CREDENCE_ISSUER || (await discoverIssuer(url, reach)),
      clientId,
      clientSecret,
      audience: adminAudience,
    })
    return (await tokens.getToken()).accessToken
  }

  return async (request) => {
    const token = await getToken().catch(explainTokenError)
    const answer = await reach({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } })
    checkIsManagement(answer, url)
    return answer
  }
}

/** The issuer whose tokens the management API takes, from its protected resource metadata. RFC 9728 §3. */
const discoverIssuer = async (url: URL, reach: Send): Promise<string> => {
  const { pathname } = new URL(wellKnownUrl(url.origin, 'oauth-protected-resource'))
  const answer = await reach({ method: 'GET', path: pathname })
  const metadata = answer.status === 200 ? parseObject(answer.body) : undefined
  if (metadata === undefined) throw notManagement(url)
  // "The "resource" value returned MUST be identical to the protected resource's resource identifier value"
  if (metadata.resource !== adminAudience) throw notManagement(url)
  const [issuer] = Array.isArray(metadata.authorization_servers) ? metadata.authorization_servers : []
  if (typeof issuer !== 'string' || !isIssuer(issuer)) throw notManagement(url)
  return issuer
}

/** Over TCP the management API challenges whoever it does not know; the public listener has nothing to say about /admin. */
const checkIsManagement = ({ status, headers }: HttpAnswer, url: URL): void => {
  const isProblem = headers['content-type']?.startsWith('application/problem+json') === true
  if (status >= 400 && !isProblem && parseChallenges(headers['www-authenticate'] ?? '').length === 0)
    throw notManagement(url)
}

const notManagement = (url: URL): CliError =>
  new CliError(
    'not_management',
    `CREDENCE_URL ${url.origin} is not a management listener. The public listener (port 8400 by default) cannot manage; ` +
      'give the management URL that credence serve prints (port 8401 by default).',
  )

const explainTokenError = (error: unknown): never => {
  if (!(error instanceof TokenError)) throw error
  const hint =
    error.code === 'invalid_target' ? `; grant it with: credence grant set CLIENT ${adminAudience}=admin:…` : ''
  throw new CliError(error.code, `no token for ${adminAudience}: ${error.message}${hint}`, { cause: error })
}

const parseObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
