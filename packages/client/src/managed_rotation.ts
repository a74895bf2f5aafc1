/** The client replaces its own secret at Credence before it expires: docs/decisions/0005. RFC 7591 §3.2.1 for the names. */
import type { Clock } from '@credence/protocol'
import type { AuthorizationServer } from 'oauth4webapi'
import type { ClientAuth } from './client_auth/client_auth.ts'
import { boundedFetch, type Fetch, nameUrl } from './requests/bounded_fetch.ts'
import { type Deadline, withDeadline } from './requests/deadline.ts'
import { credentialsOf, parseJsonObject, toTokenError } from './requests/server_answer.ts'
import type { SecretHolder } from './secret_sources/secret_holder.ts'
import type { Secret } from './secret_sources/secret_source.ts'
import { inRange } from './secret_sources/secret_store.ts'
import { TokenError } from './token_error.ts'

/** Where a new secret is written, so that a new process finds it. Must not resolve before it is there for good; has `timeoutMs`. */
export type SecretSink =
  | ((secret: Secret) => void | Promise<void>)
  | { readonly write: (secret: Secret) => void | Promise<void> }

export interface ManagedRotationOptions {
  /** Best the same as the source: `fileSecret` of `@credence/client/node` is both. */
  readonly writeTo: SecretSink
  /** How long before its expiry a secret is replaced. Default: a third of its life, seven days at most. */
  readonly beforeExpirySeconds?: number | undefined
  /** Told after the new secret was written and is in use. Infinity: never expires. What a hook throws is ignored. */
  readonly onReplaced?: ((secret: Pick<Secret, 'credentialId' | 'expiresAt'>) => void) | undefined
  /** The old secret goes on being used, and it is tried again later. */
  readonly onFailed?: ((error: TokenError) => void) | undefined
}

export interface RotationDeps {
  readonly clientId: string
  readonly auth: ClientAuth
  readonly secrets: SecretHolder
  readonly resolveServer: () => Promise<AuthorizationServer>
  readonly fetch: Fetch
  readonly clock: Clock
  readonly deadline: Deadline
  /** Gets a token with the new secret, which is what tells the server that it has arrived. */
  readonly confirm: () => Promise<unknown>
}

export interface Rotation {
  /** Replaces the secret behind the caller's back if it is due. To be called whenever a token was got. */
  readonly check: () => void
}

const longestNoticeSeconds = 7 * 86_400
const afterFailureMs = 300_000
/** When asking again soon is of no use: managed rotation is off, or another process has replaced the secret. */
const afterRefusalMs = 3_600_000

/** Replacements under way in this process, by issuer and client: of several managers one replaces. */
const underWay = new Map<string, Promise<void>>()

/**
 * Each step can be the last, and nothing is lost: the answer lost, the old secret asks again and what was made is void; the new
 * one written and not yet used, the next process finds it, and beside it the old one, which works until its overlap ends.
 *
 * @throws {TokenError} `invalid_configuration` when `beforeExpirySeconds` is out of range
 */
export const createRotation = (options: ManagedRotationOptions, deps: RotationDeps): Rotation => {
  const { secrets, clock } = deps
  const { beforeExpirySeconds } = options
  if (beforeExpirySeconds !== undefined) inRange('beforeExpirySeconds', beforeExpirySeconds, [1, 31_536_000])
  let isChecking = false
  let notBeforeMs = 0

  const isDue = ({ createdAt, expiresAt }: Secret): boolean => {
    // of a secret whose expiry nobody told, none but its replacement's will be known
    if (expiresAt === undefined) return true
    const life = createdAt === undefined ? Number.POSITIVE_INFINITY : expiresAt - createdAt
    const notice = beforeExpirySeconds ?? Math.min(longestNoticeSeconds, life / 3)
    return clock.epochSeconds() >= expiresAt - notice
  }

  const replaceIfDue = async (): Promise<void> => {
    if (!isDue(await secrets.latest())) return
    const server = await deps.resolveServer()
    const key = `${server.issuer}\n${deps.clientId}`
    const other = underWay.get(key)
    if (other !== undefined) {
      await other
      await secrets.reload()
      return
    }
    const replacing = replace(server)
    underWay.set(
      key,
      replacing.catch(() => undefined),
    )
    try {
      await replacing
    } finally {
      underWay.delete(key)
    }
  }

  const replace = async (server: AuthorizationServer): Promise<void> => {
    // another process may have written one since
    if (!isDue(await secrets.reload())) return
    const secret = await requestReplacement(server, deps)
    await withDeadline(deps.deadline, () => write(options.writeTo, secret))
    secrets.adopt(secret)
    await deps.confirm()
    tell(() => options.onReplaced?.({ credentialId: secret.credentialId, expiresAt: secret.expiresAt }))
  }

  const failed = (error: unknown) => {
    const known = error instanceof TokenError ? error : undefined
    if (known?.code === 'closed') return
    const isRefusal = known?.code === 'unauthorized_client' || known?.code === 'invalid_configuration'
    const askedMs = (known?.retryAfterSeconds ?? 0) * 1000
    notBeforeMs = clock.monotonicMs() + Math.max(askedMs, isRefusal ? afterRefusalMs : afterFailureMs)
    tell(() =>
      options.onFailed?.(known ?? new TokenError('credential_unavailable', 'the secret could not be replaced')),
    )
  }

  return {
    check: () => {
      if (isChecking || clock.monotonicMs() < notBeforeMs) return
      isChecking = true
      replaceIfDue()
        .catch(failed)
        .finally(() => {
          isChecking = false
        })
    },
  }
}

const requestReplacement = async (server: AuthorizationServer, deps: RotationDeps) => {
  const endpoint = endpointOf(server)
  const headers = new Headers({ accept: 'application/json' })
  const form = new URLSearchParams()
  const presented = await deps.secrets.choose()
  await deps.auth(server, { client_id: deps.clientId }, form, headers)
  headers.set('content-type', 'application/x-www-form-urlencoded')
  const body = form.toString()
  const createdAt = deps.clock.epochSeconds()
  // not by the door of token requests: a 429 of this endpoint, which may ask for hours, says nothing about tokens
  const response = await withDeadline(deps.deadline, (signal) =>
    boundedFetch(deps.fetch, endpoint, { method: 'POST', headers, body, signal }),
  )
  const members = parseJsonObject(await response.clone().text())
  const asked = { endpoint: nameUrl(endpoint), credentials: credentialsOf(headers, body), clock: deps.clock }
  if (response.status !== 201) throw toTokenError(response, members, asked)
  const { client_secret: current, credential_id: id, client_secret_expires_at: expires } = members ?? {}
  if (typeof current !== 'string' || current === '' || typeof expires !== 'number') {
    throw new TokenError('malformed_response', `${asked.endpoint} answered without a client_secret and its expiry`)
  }
  const credentialId = typeof id === 'string' ? id : undefined
  // "or 0 if it will not expire"
  const expiresAt = expires === 0 ? Number.POSITIVE_INFINITY : expires
  return { current, previous: presented.value, credentialId, createdAt, expiresAt }
}

const endpointOf = (server: AuthorizationServer): string => {
  const { credence_credentials_endpoint: named } = server
  const url = typeof named === 'string' ? URL.parse(named) : null
  if (url === null) {
    throw new TokenError(
      'invalid_configuration',
      `${server.issuer} replaces no credentials: managedRotation needs Credence`,
    )
  }
  // One who can alter the document must not be able to send the credential elsewhere.
  if (url.origin !== new URL(server.issuer).origin) {
    throw new TokenError('untrusted_endpoint', `the metadata of ${server.issuer} names ${nameUrl(url.href)}`)
  }
  return url.href
}

const write = async (sink: SecretSink, secret: Secret): Promise<void> => {
  try {
    await (typeof sink === 'function' ? sink(secret) : sink.write(secret))
  } catch (error) {
    if (error instanceof TokenError) throw error
    const kind = error instanceof Error ? error.constructor.name : typeof error
    throw new TokenError('credential_unavailable', `the new secret could not be written, so it is not used: ${kind}`)
  }
}

const tell = (hook: () => void): void => {
  try {
    hook()
  } catch {
    // a caller's hook does not decide what becomes of a secret
  }
}
