/** What the store holds that a profile does not allow, found when the server starts, with what to do about it. */
import { resolveAlgorithm } from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import type { Client, Credential, Storage } from '@credence/storage'
import type { Logger } from 'pino'
import type { Profile } from './profile.ts'

/** One kind of contradiction. */
export interface Contradiction {
  readonly what: string
  readonly whatToDo: string
  /** The first of them. */
  readonly named: readonly string[]
  readonly count: number
}

export interface Contradictions {
  readonly found: readonly Contradiction[]
  /** Whether there were more clients or APIs than are looked at. */
  readonly truncated: boolean
}

const perRead = 500
/** The start waits for it. */
const mostRead = 5_000
const mostCredentials = 100
const mostNamed = 10

/**
 * Looks through APIs and clients, at most 5,000 of each.
 *
 * Nothing of what it finds gets a token meanwhile: the rules of the profile are kept at every request.
 */
export const findContradictions = async (
  { apis, clients, credentials }: Pick<Storage, 'apis' | 'clients' | 'credentials'>,
  profile: Profile,
  now: number,
): Promise<Contradictions> => {
  const algorithms = profile.algorithms.join(', ')
  const methods = profile.clientAuthMethods.join(', ')
  const wrongAlgorithm = collect(
    'APIs whose tokens are signed otherwise',
    `credence api update AUDIENCE --alg with one of ${algorithms}`,
  )
  const wrongMethod = collect(
    'clients that can only authenticate otherwise',
    `give each a key or a certificate (${methods}) and revoke its other credentials`,
  )
  const wrongAudience = collect(
    'clients whose assertions may name the token endpoint',
    'have them name the issuer, and set token_endpoint_audience to false',
  )

  const allApis = await each(
    (page) => apis.list(page),
    ({ audience }) => audience,
    async (api) => {
      if (api.tokenFormat === 'jwt' && !profile.algorithms.includes(api.signingAlgorithm))
        wrongAlgorithm.add(api.audience)
    },
  )
  const allClients = await each(
    (page) => clients.list(page),
    ({ clientId }) => clientId,
    async (client) => {
      if (client.disabled) return
      if (profile.issuerAudienceOnly && client.tokenEndpointAudience) wrongAudience.add(client.clientId)
      const held = () => credentials.listByClient(client.clientId, { limit: mostCredentials })
      if (!(await canAuthenticate(client, held, { profile, now }))) wrongMethod.add(client.clientId)
    },
  )
  const found = [wrongAlgorithm, wrongMethod, wrongAudience].map(({ contradiction }) => contradiction())
  return { found: found.filter(({ count }) => count > 0), truncated: !allApis || !allClients }
}

/** Says them in the log. */
export const warnOfContradictions = async (
  storage: Pick<Storage, 'apis' | 'clients' | 'credentials'>,
  profile: Profile,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> => {
  const { found, truncated } = await findContradictions(storage, profile, clock.epochSeconds())
  for (const { what, whatToDo, named, count } of found) {
    logger.warn({ count, named, what_to_do: whatToDo }, `the ${profile.title} refuses ${what}`)
  }
  if (truncated) logger.warn(`only ${mostRead} clients and APIs were looked at for what the ${profile.title} refuses`)
}

const collect = (what: string, whatToDo: string) => {
  const named: string[] = []
  let count = 0
  return {
    add(name: string) {
      count++
      if (named.length < mostNamed) named.push(name)
    },
    contradiction: (): Contradiction => ({ what, whatToDo, named, count }),
  }
}

/** A client that could not authenticate before, for want of any credential, is no contradiction. */
const canAuthenticate = async (
  { tokenEndpointAuthMethod: registered }: Client,
  held: () => Promise<readonly Credential[]>,
  { profile, now }: { readonly profile: Profile; readonly now: number },
): Promise<boolean> => {
  if (registered !== undefined) return profile.clientAuthMethods.includes(registered)
  const live = (await held()).filter(
    ({ revokedAt, expiresAt }) => revokedAt === undefined && (expiresAt === undefined || expiresAt > now),
  )
  return live.length === 0 || live.some((credential) => isFit(credential, profile))
}

/** A key that is published elsewhere may be any. One without `alg` is used with what its type allows. RFC 7517 §4.4. */
const isFit = (credential: Credential, { algorithms }: Profile): boolean => {
  if (credential.kind !== 'key') return credential.kind === 'certificate'
  if ('jwksUri' in credential.key) return true
  const { alg } = JSON.parse(credential.key.jwk)
  return alg === undefined || algorithms.some((name) => name === resolveAlgorithm(alg)?.name)
}

/** Whether that were all. */
const each = async <T>(
  read: (page: { readonly after?: string; readonly limit: number }) => Promise<readonly T[]>,
  keyOf: (item: T) => string,
  look: (item: T) => Promise<void>,
): Promise<boolean> => {
  let after: string | undefined
  for (let count = 0; count < mostRead; ) {
    const page = await read({ limit: perRead, ...(after !== undefined && { after }) })
    for (const item of page) await look(item)
    const last = page.at(-1)
    if (last === undefined) return true
    count += page.length
    after = keyOf(last)
  }
  return false
}
