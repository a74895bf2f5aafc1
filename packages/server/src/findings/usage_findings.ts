/** Findings about how much a client asks for. */
import type { Api, ClientFacts } from '@credence/storage'
import { resolveTokenTtl } from '../policy/lifetime.ts'
import { type Finding, finding } from './finding.ts'
import { number, shellWord, time } from './words.ts'

/** So many tokens alive at once for one API, where one would do for each running instance, is a client that keeps none. */
const tooManyAlive = 20
const fewestTokens = 100

/** Rate × lifetime: how many of a client's tokens are alive at once. */
export const findUncachedTokens = (
  { client, lastDay }: ClientFacts,
  apis: ReadonlyMap<string, Api>,
): readonly Finding[] =>
  lastDay.flatMap(({ audience, tokens, hoursWithUse }) => {
    const api = apis.get(audience)
    if (api === undefined || tokens < fewestTokens) return []
    const ttl = resolveTokenTtl(api, client)
    const perHour = tokens / hoursWithUse
    const alive = (perHour * ttl) / 3600
    if (alive <= tooManyAlive) return []
    const quota = Math.ceil((tooManyAlive * 60) / ttl)
    return finding({
      kind: 'tokens_not_cached',
      severity: 'warning',
      clientId: client.clientId,
      audience,
      evidence: `${number(tokens)} tokens in the last day, ${number(perHour)} in each hour with any; each lives ${number(ttl)} seconds, so about ${number(alive)} are alive at once, where one would do for each running instance: it does not keep them`,
      command: `credence client update ${shellWord(client.clientId)} --quota ${quota}/min --quota-mode observe`,
    })
  })

const fewestDays = 3
const manyTimes = 3
const fewestMore = 60

/**
 * This hour against the busiest hours of the days before. The middle one of them is what is usual: one odd day, whichever
 * way, does not move it.
 */
export const findUnusualRate = (
  { client, tokensThisHour, dailyPeaks }: ClientFacts,
  thisHour: number,
): readonly Finding[] => {
  if (dailyPeaks.length < fewestDays) return []
  const peaks = dailyPeaks.toSorted((one, other) => one - other)
  const usual = medianOf(peaks)
  if (tokensThisHour <= usual * manyTimes || tokensThisHour < usual + fewestMore) return []
  const range = `${number(peaks[0] ?? 0)} to ${number(peaks.at(-1) ?? 0)}`
  return [
    finding({
      kind: 'unusual_rate',
      severity: 'warning',
      clientId: client.clientId,
      since: thisHour,
      evidence: `${number(tokensThisHour)} tokens since ${time(thisHour)}; on the ${peaks.length} days before with any use, its busiest hour had ${number(usual)} (median; ${range})`,
      command: `credence usage ${shellWord(client.clientId)}`,
    }),
  ]
}

/** @param sorted not empty */
const medianOf = (sorted: readonly number[]): number => {
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}

export const findExceededQuota = ({ client, refusals }: ClientFacts): readonly Finding[] => {
  if (client.quota === undefined) return []
  const { tokensPerMinute, mode } = client.quota
  const reason = mode === 'enforce' ? 'quota_exceeded' : 'quota_observed'
  const requests = refusals.reduce((sum, refusal) => sum + (refusal.reason === reason ? refusal.requests : 0), 0)
  if (requests === 0) return []
  const quota = `its quota of ${number(tokensPerMinute)} a minute`
  const counted = requests === 1 ? '1 request' : `${number(requests)} requests`
  return [
    finding({
      kind: 'quota_exceeded',
      severity: mode === 'enforce' ? 'warning' : 'info',
      clientId: client.clientId,
      evidence:
        mode === 'enforce'
          ? `${quota} refused ${counted} in the last day`
          : `${quota} would have refused ${counted} in the last day, were it enforced`,
      command: `credence usage ${shellWord(client.clientId)}`,
    }),
  ]
}
