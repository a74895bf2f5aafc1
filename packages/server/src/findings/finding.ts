/** What a finding is: something about a client, a credential or an API that somebody should look at, with its evidence and its cure. */

/** From least to most. */
export const severities = ['info', 'warning', 'critical'] as const
export type Severity = (typeof severities)[number]

/** Every kind, with what it means. */
export const findingKinds = {
  grant_never_used: 'A scope was granted and never used.',
  grant_unused: 'A granted scope has not been used for 90 days.',
  tokens_not_cached: 'A client asks for tokens far more often than they expire.',
  quota_exceeded: 'A client was refused tokens by its quota, or would have been.',
  unusual_rate: 'A client gets far more tokens this hour than in its busiest hours of the days before.',
  credential_old: 'A credential is older than a year.',
  credential_idle: 'A credential has not been used for 90 days.',
  credential_never_used: 'A credential was never used, a week or more after it was made.',
  credential_expiring: 'A credential expires within 14 days, or within the last fifth of a shorter life.',
  old_credential_in_use: 'There is a newer credential, and an older one was used within a day.',
  failures_from_new_address:
    'Attempts to authenticate as a client failed, from addresses none of its credentials was last used from.',
  client_without_credential: 'A client has grants, and no credential that is live.',
  client_without_grants: 'A client is granted nothing.',
  api_without_clients: 'No client is granted anything on an API.',
  admin_grants_wide: 'A client holds every admin scope.',
} as const

export type FindingKind = keyof typeof findingKinds

export interface Finding {
  /** Stable: the kind and what it is about. */
  readonly id: string
  readonly kind: FindingKind
  readonly severity: Severity
  readonly clientId?: string | undefined
  readonly credentialId?: string | undefined
  readonly audience?: string | undefined
  readonly scope?: string | undefined
  /** In words and numbers. */
  readonly evidence: string
  /** Epoch seconds; since when it is so, where that can be told. */
  readonly since?: number | undefined
  /** What to run, or to look at first. */
  readonly command: string
}

type Told = Omit<Finding, 'id'>

/** Gives a finding its id. */
export const finding = (told: Told): Finding => ({
  id: [told.kind, told.clientId, told.credentialId, told.audience, told.scope]
    .filter((part) => part !== undefined)
    .join(' '),
  ...told,
})
