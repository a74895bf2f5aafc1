/** Whether a credential can be deleted without anybody noticing, and what speaks for it: the answer that rotation waits for. */
import type { Credential } from '@credence/storage'
import { inWords } from './time_words.ts'

export interface Retirement {
  readonly safe: boolean
  /** For people: the evidence. */
  readonly because: string
}

export interface RetirementContext {
  /** All credentials of the client; those that do not work are passed over, and so is the one that is judged. */
  readonly siblings: readonly Credential[]
  /** Epoch seconds. */
  readonly now: number
  /** How long the client may keep a token, and so not be seen: the longest lifetime of its tokens, in seconds. */
  readonly holdSeconds: number
}

/** Last uses are written in batches this often, in seconds: one that is not there yet may be this late. */
export const useDelaySeconds = 10
/** A credential that nothing has used yet may be on its way to a deployment. */
const deploySeconds = 3_600
/** What runs once a day has been there in this time. */
const daySeconds = 24 * 3_600
/** What has not been used for this long is taken for abandoned, even if nothing newer has taken its place. */
const abandonedSeconds = 30 * 24 * 3_600

/**
 * Judges from what has been seen; it cannot see a job that runs once a month.
 *
 * Does not check: which deployments there are. Two that have a credential each look like one that has changed from one to the other,
 * which is why a day has to pass.
 */
export const judgeRetirement = (
  credential: Credential,
  { siblings, now, holdSeconds }: RetirementContext,
): Retirement => {
  if (credential.revokedAt !== undefined) return safe('it is revoked and gets no tokens')
  if (hasExpired(credential, now)) {
    return safe(`it expired ${ago(credential.expiresAt ?? now, now)} and gets no tokens`)
  }
  const others = siblings.filter(
    (other) =>
      other.credentialId !== credential.credentialId && other.revokedAt === undefined && !hasExpired(other, now),
  )
  const use = describeUse(credential, now)
  if (others.length === 0) return unsafe(`${use}; no other credential of this client works`)

  const { lastUsedAt, createdAt } = credential
  if (lastUsedAt === undefined) {
    return now - createdAt < deploySeconds
      ? unsafe('never used, and newer than an hour: wait, it may be on its way to a deployment')
      : safe(`${use}${describeNewest(others, now)}`)
  }

  const idle = now - lastUsedAt
  const holding = holdSeconds + useDelaySeconds
  if (idle < holding) {
    const left = inWords(holding - Math.max(0, idle))
    return unsafe(
      `still in use: ${ago(lastUsedAt, now)}${describeCaller(credential)}; a token from then may be held another ${left}`,
    )
  }
  const newer = others.filter((other) => other.createdAt >= createdAt && (other.lastUsedAt ?? 0) > lastUsedAt)
  if (newer.length === 0) {
    return idle < abandonedSeconds ? unsafe(`${use}, but no newer one has been used since`) : safe(use)
  }
  const evidence = `${use}${describeNewest(newer, now, 'a newer one')}`
  return idle < daySeconds + holding
    ? unsafe(`${evidence}; what runs once a day may still hold it: wait a day`)
    : safe(evidence)
}

const safe = (because: string): Retirement => ({ safe: true, because })
const unsafe = (because: string): Retirement => ({ safe: false, because })

const hasExpired = ({ expiresAt }: Credential, now: number): boolean => expiresAt !== undefined && expiresAt <= now

/** A clock that stepped back must not make a time negative. */
const ago = (then: number, now: number): string => (then >= now ? 'just now' : `${inWords(now - then)} ago`)

const describeUse = (credential: Credential, now: number): string => {
  const { lastUsedAt, createdAt } = credential
  if (lastUsedAt === undefined) return `never used in ${inWords(Math.max(0, now - createdAt))}`
  const caller = describeCaller(credential)
  return `not used for ${inWords(Math.max(0, now - lastUsedAt))}${caller === '' ? '' : ` (last${caller})`}`
}

const describeCaller = ({ lastUsedFrom, lastUsedUserAgent }: Credential): string => {
  const where = lastUsedFrom === undefined ? '' : ` from ${lastUsedFrom}`
  const who = lastUsedUserAgent === undefined ? '' : ` by ${lastUsedUserAgent}`
  return where + who
}

const describeNewest = (others: readonly Credential[], now: number, which = 'another one'): string => {
  const newest = Math.max(...others.map(({ lastUsedAt }) => lastUsedAt ?? 0))
  return newest === 0 ? '' : `; ${which} was used ${ago(newest, now)}`
}
