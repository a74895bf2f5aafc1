/** Findings about credentials: old, idle, never used, about to expire, replaced and yet in use; and who tries without one. */
import type { ClientFacts, Credential } from '@credence/storage'
import { expiringFrom } from '../rotation/expiry_warning.ts'
import { type Finding, finding } from './finding.ts'
import { duration, number, shellWord, time } from './words.ts'

const daySeconds = 86_400
const oldSeconds = 365 * daySeconds
const idleSeconds = 90 * daySeconds
const newSeconds = 7 * daySeconds
const soonSeconds = 3 * daySeconds

/** Those that work now, oldest first. */
export const liveCredentials = (credentials: readonly Credential[], now: number): readonly Credential[] =>
  credentials
    .filter(({ revokedAt, expiresAt }) => revokedAt === undefined && (expiresAt === undefined || expiresAt > now))
    .toSorted((one, other) => one.createdAt - other.createdAt)

const aboutCredential = ({ clientId, credentialId }: Credential) => ({ clientId, credentialId })

const revoke = ({ clientId, credentialId }: Credential) =>
  `credence credential revoke ${shellWord(clientId)} ${credentialId}`

/** A secret is rotated here; what a client holds itself, it makes anew itself, and a command adds it. */
const rotate = ({ clientId, kind }: Credential) => {
  const client = shellWord(clientId)
  switch (kind) {
    case 'secret':
      return `credence credential rotate ${client}`
    case 'key':
      return `credence credential add ${client} --jwks FILE`
    case 'certificate':
      return `credence credential add ${client} --certificate FILE`
    case 'federated':
      return `credence credential list ${client}`
  }
}

/** What grows old. What stands for keys that others renew (a jwks_uri, a name in certificates, a platform) does not. */
const isMaterial = (credential: Credential): boolean => {
  switch (credential.kind) {
    case 'secret':
      return true
    case 'key':
      return 'jwk' in credential.key
    case 'certificate':
      return credential.certificate.by === 'public_key'
    case 'federated':
      return false
  }
}

const named = ({ credentialId, label }: Credential) =>
  label === undefined ? credentialId : `${credentialId} (${label})`

const lastUse = ({ lastUsedAt, lastUsedFrom, lastUsedUserAgent }: Credential, now: number): string =>
  lastUsedAt === undefined
    ? 'never used'
    : `last used ${duration(now - lastUsedAt)} ago from ${lastUsedFrom ?? 'an unknown address'}${lastUsedUserAgent === undefined ? '' : ` by ${lastUsedUserAgent}`}`

export const findStaleCredentials = ({ credentials }: ClientFacts, now: number): readonly Finding[] =>
  liveCredentials(credentials, now).flatMap((credential) => {
    const { createdAt, lastUsedAt } = credential
    const age = now - createdAt
    const made = `${named(credential)} was made ${duration(age)} ago`
    const about = aboutCredential(credential)
    if (lastUsedAt === undefined) {
      if (age < newSeconds) return []
      const severity = age >= idleSeconds ? 'warning' : 'info'
      const evidence = `${made} and never used`
      const command = revoke(credential)
      return finding({ ...about, kind: 'credential_never_used', severity, evidence, since: createdAt, command })
    }
    if (now - lastUsedAt >= idleSeconds) {
      const evidence = `${made}; ${lastUse(credential, now)}`
      const rest = { severity: 'warning', since: lastUsedAt, command: revoke(credential) } as const
      return finding({ ...about, ...rest, kind: 'credential_idle', evidence })
    }
    if (age < oldSeconds || !isMaterial(credential)) return []
    const evidence = `${made}; ${lastUse(credential, now)}`
    const rest = { severity: 'warning', since: createdAt + oldSeconds, command: rotate(credential) } as const
    return finding({ ...about, ...rest, kind: 'credential_old', evidence })
  })

export const findExpiringCredentials = ({ credentials }: ClientFacts, now: number): readonly Finding[] => {
  const live = liveCredentials(credentials, now)
  return live.flatMap((credential) => {
    const { expiresAt, lastUsedAt } = credential
    if (expiresAt === undefined || now < (expiringFrom(credential) ?? expiresAt)) return []
    const successor = live.find((other) => (other.expiresAt ?? Number.POSITIVE_INFINITY) > expiresAt)
    const inUse = lastUsedAt !== undefined && now - lastUsedAt < newSeconds
    const isReplaced = live.some(({ replaces }) => replaces === credential.credentialId)
    const isUrgent = inUse && successor === undefined && expiresAt - now <= soonSeconds
    const next =
      successor === undefined ? 'no other credential of this client lives longer' : `${named(successor)} lives longer`
    return finding({
      ...aboutCredential(credential),
      kind: 'credential_expiring',
      severity: isUrgent ? 'critical' : successor === undefined || (inUse && !isReplaced) ? 'warning' : 'info',
      evidence: `${named(credential)} expires in ${duration(expiresAt - now)}, at ${time(expiresAt)}; ${lastUse(credential, now)}; ${next}`,
      command: rotate(credential),
    })
  })
}

/** Which of several live credentials is the old one only a person knows, so this is no more than a hint while the newest is new. */
export const findOldCredentialsInUse = ({ credentials }: ClientFacts, now: number): readonly Finding[] => {
  const live = liveCredentials(credentials, now)
  const newest = live.at(-1)
  if (newest === undefined) return []
  const newestAge = now - newest.createdAt
  return live.slice(0, -1).flatMap((credential) => {
    // keys that came in one set replace nothing, nor does one platform another
    const cameTogether = credential.kind !== 'secret' && credential.createdAt === newest.createdAt
    if (!isMaterial(credential) || cameTogether) return []
    if (credential.lastUsedAt === undefined || now - credential.lastUsedAt > daySeconds) return []
    return finding({
      ...aboutCredential(credential),
      kind: 'old_credential_in_use',
      severity: newestAge >= newSeconds && credential.label === newest.label ? 'warning' : 'info',
      evidence: `${named(credential)} was ${lastUse(credential, now)}; the newest, ${named(newest)}, was made ${duration(newestAge)} ago and ${newest.lastUsedAt === undefined ? 'never used' : `was ${lastUse(newest, now)}`}`,
      since: newest.createdAt,
      command: `credence credential list ${shellWord(credential.clientId)}`,
    })
  })
}

const fewestFailures = 3
const shownAddresses = 3

export const findFailuresFromNewAddresses = ({ client, credentials, refusals }: ClientFacts): readonly Finding[] => {
  const known = new Set(credentials.map(({ lastUsedFrom }) => lastUsedFrom))
  const failures = refusals
    .filter(
      ({ reason, remoteAddress }) => reason === 'invalid_client' && remoteAddress !== '' && !known.has(remoteAddress),
    )
    .toSorted((one, other) => other.requests - one.requests)
  const total = failures.reduce((sum, { requests }) => sum + requests, 0)
  if (total < fewestFailures) return []
  const shown = failures
    .slice(0, shownAddresses)
    .map((failure) => `${failure.remoteAddress} (${number(failure.requests)})`)
  const rest = failures.length - shown.length
  const from = `${shown.join(', ')}${rest > 0 ? ` and ${number(rest)} more` : ''}`
  return [
    finding({
      kind: 'failures_from_new_address',
      severity: 'warning',
      clientId: client.clientId,
      evidence: `${number(total)} failed attempts to authenticate in the last day, from ${from}; none of its credentials was last used from there`,
      command: `credence credential list ${shellWord(client.clientId)}`,
    }),
  ]
}
