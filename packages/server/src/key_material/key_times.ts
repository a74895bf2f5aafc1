/** How long a signing key waits before it signs and stays after it has signed. docs/decisions/0006 says why. */
import { maxClockToleranceSeconds } from '@credence/jwt'
import { documentMaxAgeSeconds } from '../http/respond.ts'
import { tokenTtlLimits } from '../policy/lifetime.ts'

/**
 * A key is in the key set this long before it signs: as long as any usual verifier keeps a key set (600 s), and once more
 * the key set's own max-age for a cache between them.
 */
export const publishedForSeconds = 3 * documentMaxAgeSeconds

/** A replica that has not been able to read the signing keys for this long signs no more: it may be using a retired one. */
export const signsUnconfirmedForSeconds = 3600

/** How late a replica that can read the store learns of a change to the keys. */
export const replicaLagSeconds = 5

/** A retired key stays in the key set until no verifier can accept a token under it any more. */
export const retiredForSeconds =
  signsUnconfirmedForSeconds + tokenTtlLimits.most + maxClockToleranceSeconds + documentMaxAgeSeconds

/** After a key is revoked, verifiers may go on accepting it this long: what their copy of the key set is good for. */
export const verifiersAcceptForSeconds = documentMaxAgeSeconds + replicaLagSeconds

/** Longest life of a token that was issued under a key just before it was revoked. */
export const tokensLiveForSeconds = tokenTtlLimits.most

/** Verifiers refuse a key set with more than 100 keys; there are four algorithms. */
export const maxKeysPerAlgorithm = 20

/** How often a key is replaced. Days. */
export const rotationDays = { default: 30, least: 1, most: 366 } as const
