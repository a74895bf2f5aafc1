/** Every rule, over the facts of one client. */
import type { Api, ClientFacts } from '@credence/storage'
import { findWeakConfiguration } from './configuration_findings.ts'
import {
  findExpiringCredentials,
  findFailuresFromNewAddresses,
  findOldCredentialsInUse,
  findStaleCredentials,
} from './credential_findings.ts'
import type { Finding } from './finding.ts'
import { findUnusedGrants } from './grant_findings.ts'
import { findExceededQuota, findUncachedTokens, findUnusualRate } from './usage_findings.ts'

export interface Surroundings {
  readonly now: number
  readonly thisHour: number
  /** By audience. */
  readonly apis: ReadonlyMap<string, Api>
}

/** A disabled client is meant to do nothing, so nothing about it is worth saying. */
export const findAboutClient = (facts: ClientFacts, { now, thisHour, apis }: Surroundings): readonly Finding[] =>
  facts.client.disabled
    ? []
    : [
        ...findWeakConfiguration(facts, now),
        ...findExpiringCredentials(facts, now),
        ...findStaleCredentials(facts, now),
        ...findOldCredentialsInUse(facts, now),
        ...findFailuresFromNewAddresses(facts),
        ...findUnusualRate(facts, thisHour),
        ...findUncachedTokens(facts, apis),
        ...findExceededQuota(facts),
        ...findUnusedGrants(facts, now),
      ]
