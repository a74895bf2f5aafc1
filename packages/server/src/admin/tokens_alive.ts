/** How many tokens a cut-off can meet, and until when: an upper bound, from what was issued and how long it lives. */
import { type Stores, type UsageSum, usageSumKey } from '@credence/storage'
import { tokenTtlLimits } from '../policy/lifetime.ts'

export interface TokensOf {
  readonly clientId?: string | undefined
  readonly credentialId?: string | undefined
  readonly audience?: string | undefined
  /** Epoch seconds. */
  readonly issuedBefore: number
}

export interface TokensAlive {
  /** Undefined when there are too many counters to add up. */
  readonly atMost: number | undefined
  /** Epoch seconds. */
  readonly expireBy: number
}

type Read = Pick<Stores, 'apis' | 'clients' | 'credentials' | 'usage'>

const hourSeconds = 3_600
const page = 1_000
const pages = 10

/** Issuance is counted by the hour, so a whole hour counts when any part of it may have living tokens. */
export const countTokensAlive = async (stores: Read, tokens: TokensOf, now: number): Promise<TokensAlive> => {
  const newest = Math.min(now, tokens.issuedBefore)
  const issued = await listIssued(stores, await withOwner(stores, tokens), now)
  const lifetime = await longestLifetime(stores, { tokens, issued, now })
  const expireBy = newest + lifetime
  if (expireBy <= now) return { atMost: 0, expireBy }
  return { atMost: issued?.reduce((sum, { tokens }) => sum + tokens, 0), expireBy }
}

const withOwner = async ({ credentials }: Read, tokens: TokensOf): Promise<TokensOf> => {
  if (tokens.credentialId === undefined || tokens.clientId !== undefined) return tokens
  return { ...tokens, clientId: (await credentials.find(tokens.credentialId))?.clientId }
}

/** What was issued in the hours that may have living tokens; undefined when that is too much to read. */
const listIssued = async ({ usage }: Read, tokens: TokensOf, now: number): Promise<readonly UsageSum[] | undefined> => {
  const { clientId, credentialId, audience, issuedBefore } = tokens
  const from = Math.floor((now - tokenTtlLimits.most) / hourSeconds) * hourSeconds
  const found: UsageSum[] = []
  for (let read = 0; read < pages; read++) {
    const last = found.at(-1)
    const rows = await usage.sum(
      { clientId, audience, from, to: issuedBefore },
      { limit: page, ...(last !== undefined && { after: usageSumKey(last) }) },
    )
    found.push(...rows)
    if (rows.length < page) return found.filter((row) => (credentialId ?? row.credentialId) === row.credentialId)
  }
  return undefined
}

interface Lived {
  readonly tokens: TokensOf
  readonly issued: readonly UsageSum[] | undefined
  readonly now: number
}

/** Of all APIs that the tokens may be for, in seconds. */
const longestLifetime = async (stores: Read, { tokens, issued, now }: Lived): Promise<number> => {
  const { audience, clientId } = await withOwner(stores, tokens)
  if (audience !== undefined) return lifetimeAt(stores, audience, now)
  const grants = clientId === undefined ? [] : ((await stores.clients.findRecord(clientId))?.grants ?? [])
  const audiences = new Set([...grants, ...(issued ?? [])].map((named) => named.audience))
  if (issued === undefined || audiences.size === 0) return tokenTtlLimits.most
  const lifetimes = await Promise.all([...audiences].map((named) => lifetimeAt(stores, named, now)))
  return Math.max(...lifetimes)
}

/** What a token of an API can live: its lifetime now, or the longest there is when that may have been changed since. */
const lifetimeAt = async ({ apis }: Read, audience: string, now: number): Promise<number> => {
  const api = await apis.find(audience)
  if (api === undefined) return tokenTtlLimits.most
  const mayHaveChanged = api.updatedAt !== api.createdAt && api.updatedAt + tokenTtlLimits.most > now
  return mayHaveChanged ? tokenTtlLimits.most : api.tokenTtlSeconds
}
