/** Says whether a token request would be granted and which rule decides, by the same functions that decide it; issues nothing. RFC 6749 §4.4. */
import { type Clock, OAuthError, parseScope } from '@credence/protocol'
import type { Api, Client, ClientRecord } from '@credence/storage'
import type { AuthenticatedClient } from '../client_auth/client_auth_method.ts'
import type { Directory } from '../directory/directory.ts'
import type { TokenRequest } from '../endpoints/token_request.ts'
import type { Authorization } from '../grants/authorization.ts'
import type { GrantType } from '../grants/grant_type.ts'
import { resolveTokenTtl } from '../policy/lifetime.ts'
import { resolveScope } from '../policy/scope.ts'
import { resolveTarget } from '../policy/target.ts'
import type { ProfileRules } from '../profiles/profile_rules.ts'
import { explainBinding } from './explain_binding.ts'
import { explainCredentials } from './explain_credentials.ts'
import type { Ruling } from './ruling.ts'

export interface Question {
  readonly clientId: string
  /** As a request names it; undefined when it does not. */
  readonly audience: string | undefined
  readonly scope: string | undefined
}

export interface Explanation {
  /** In the order in which they are looked at. One that refuses decides what comes after it only where that needs it. */
  readonly rulings: readonly Ruling[]
  /** Whether no rule refuses. */
  readonly granted: boolean
  /** What the token would be. Undefined: that was not to be found out. */
  readonly token: (Pick<Authorization, 'scope' | 'ttlSeconds'> & { readonly audience: string }) | undefined
}

export type Explain = (question: Question) => Promise<Explanation>

export interface ExplainDeps {
  readonly directory: Pick<Directory, 'client' | 'api'>
  /** As the token endpoint has it: within the profile, if there is one. */
  readonly grant: GrantType
  readonly rules: Pick<ProfileRules, 'checkCredentials' | 'readBinding'>
  readonly clock: Clock
}

export const createExplain = (deps: ExplainDeps): Explain => {
  const { directory } = deps
  return async (question) => {
    const record = await directory.client(question.clientId)
    if (record === undefined) return conclude([unknownClient(question.clientId)])
    const { client } = record
    const credentials = await explainCredentials(record, deps)
    const rulings: Ruling[] = [rulingOnClient(client), credentials.ruling]
    const authorization = await explainAuthorization(question, record, {
      directory,
      note: (ruling) => rulings.push(ruling),
    })
    if (authorization === undefined) return conclude(rulings)
    const { usable } = credentials
    if (usable !== undefined) {
      const asked = toRequest(question, usable)
      const refusal = await refusalOf(() => deps.grant.authorize(asked, usable))
      if (refusal !== undefined) rulings.push(refuses('profile', refusal))
      rulings.push(explainBinding(authorization, { asked, client: usable }, deps.rules))
    }
    if (client.quota !== undefined) rulings.push(rulingOnQuota(client.quota))
    const { api, scope, ttlSeconds } = authorization
    return conclude(rulings, { audience: api.audience, scope, ttlSeconds })
  }
}

const conclude = (rulings: readonly Ruling[], token?: Explanation['token']): Explanation => ({
  rulings,
  granted: !rulings.some(({ verdict }) => verdict === 'refuses'),
  token,
})

const unknownClient = (clientId: string): Ruling => ({
  rule: 'client',
  verdict: 'refuses',
  because: `there is no client ${clientId}; its caller is told no more than that authentication failed`,
  error: 'invalid_client',
})

const rulingOnClient = ({ clientId, disabled }: Client): Ruling =>
  disabled
    ? { rule: 'client', verdict: 'refuses', because: `${clientId} is disabled`, error: 'invalid_client' }
    : { rule: 'client', verdict: 'allows', because: `${clientId} is enabled` }

interface Deciding {
  readonly directory: Pick<Directory, 'api'>
  readonly note: (ruling: Ruling) => void
}

/** The rules of the grant one after the other, as `grants/client_credentials.ts` goes through them in one go. */
const explainAuthorization = async (
  { audience, scope }: Question,
  { client, grants }: ClientRecord,
  { directory, note }: Deciding,
): Promise<Pick<Authorization, 'clientId' | 'api' | 'scope' | 'ttlSeconds'> | undefined> => {
  const asked = attempt('scope', note, () => (scope === undefined ? undefined : parseScope(scope)))
  if (asked === undefined) return undefined
  const target = attempt('target', note, () =>
    resolveTarget(
      { targets: audience === undefined ? [] : [audience], scope: asked.value ?? client.defaultScope },
      grants,
    ),
  )
  if (target === undefined) return undefined
  const grant = target.value
  const api = await directory.api(grant.audience)
  if (api === undefined) {
    note({
      rule: 'target',
      verdict: 'refuses',
      because: `there is no API ${grant.audience} any more`,
      error: 'invalid_target',
    })
    return undefined
  }
  note({ rule: 'target', verdict: 'allows', because: describeTarget(audience, grant) })
  const given = attempt('scope', note, () =>
    resolveScope(asked.value, { granted: grant.scopes, known: api.scopes, defaults: client.defaultScope }),
  )
  if (given === undefined) return undefined
  note({ rule: 'scope', verdict: 'allows', because: describeScope(asked.value, given.value, client) })
  const ttlSeconds = resolveTokenTtl(api, client)
  note({ rule: 'lifetime', verdict: 'allows', because: describeLifetime(ttlSeconds, api, client) })
  return { clientId: client.clientId, api, scope: given.value, ttlSeconds }
}

/** What a step returns, or a ruling that it refuses. */
const attempt = <T>(rule: Ruling['rule'], note: Deciding['note'], step: () => T): { readonly value: T } | undefined => {
  try {
    return { value: step() }
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    note(refuses(rule, error))
    return undefined
  }
}

const refusalOf = async (step: () => unknown): Promise<OAuthError | undefined> => {
  try {
    await step()
    return undefined
  } catch (error) {
    if (error instanceof OAuthError) return error
    throw error
  }
}

const refuses = (rule: Ruling['rule'], { code, detail, message }: OAuthError): Ruling => ({
  rule,
  verdict: 'refuses',
  because: detail === undefined || detail === message ? message : `${message} (${detail})`,
  error: code,
})

const describeTarget = (named: string | undefined, { audience, scopes }: ClientRecord['grants'][number]): string =>
  `${audience}${named === undefined ? ', which is the only one that fits,' : ''} is granted, with ${scopes.join(' ')}`

const describeScope = (asked: readonly string[] | undefined, given: readonly string[], client: Client): string => {
  if (asked !== undefined) return `all of ${given.join(' ')} is granted`
  return client.defaultScope === undefined
    ? `none is asked for, so it is all that is granted: ${given.join(' ')}`
    : `none is asked for, so it is the client’s default: ${given.join(' ')}`
}

const describeLifetime = (seconds: number, api: Api, client: Client): string =>
  seconds < api.tokenTtlSeconds
    ? `${seconds} seconds, as the client has it; the API would allow ${api.tokenTtlSeconds}`
    : `${seconds} seconds, as the API has it${client.tokenTtlSeconds === undefined ? '' : `; the client would be given ${client.tokenTtlSeconds}`}`

const rulingOnQuota = ({ tokensPerMinute, mode }: NonNullable<Client['quota']>): Ruling => {
  const limit = `${tokensPerMinute} tokens a minute on each replica`
  return mode === 'observe'
    ? { rule: 'quota', verdict: 'allows', because: `${limit}; more is only counted` }
    : { rule: 'quota', verdict: 'depends', because: `${limit}; more is refused with 429 until there is room again` }
}

/** A request that says this and nothing else. What it would be authenticated with is of no account any more. */
const toRequest = ({ audience, scope }: Question, { record }: AuthenticatedClient): TokenRequest => ({
  grantType: 'client_credentials',
  credentials: { method: 'client_secret_basic', clientId: record.client.clientId, clientSecret: '' },
  scope: scope === undefined ? undefined : parseScope(scope),
  targets: audience === undefined ? [] : [audience],
  dpopProofs: [],
  certificate: undefined,
  remoteAddress: '',
  userAgent: undefined,
})
