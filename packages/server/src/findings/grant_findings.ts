/** Findings about what is granted: scopes that nobody uses. */
import type { ClientFacts, Grant } from '@credence/storage'
import { type Finding, finding } from './finding.ts'
import { duration, shellWord, time } from './words.ts'

const daySeconds = 86_400
const unusedSeconds = 90 * daySeconds
const warningSeconds = 30 * daySeconds

/** Per API and scope. A use from before the grant was made does not count. */
export const findUnusedGrants = ({ client, grants, scopeUses }: ClientFacts, now: number): readonly Finding[] => {
  const lastUses = new Map(scopeUses.map((use) => [`${use.audience} ${use.scope}`, use.lastUsedAt]))
  return grants.flatMap((grant) => {
    const lastUse = (scope: string) => {
      const usedAt = lastUses.get(`${grant.audience} ${scope}`)
      return usedAt === undefined || usedAt < grant.createdAt ? undefined : usedAt
    }
    const isUnused = (scope: string) => (lastUse(scope) ?? now - unusedSeconds) <= now - unusedSeconds
    const used = grant.scopes.filter((scope) => !isUnused(scope))
    return grant.scopes.filter(isUnused).map((scope) => {
      const about = { clientId: client.clientId, audience: grant.audience, scope, command: narrowTo(used, grant) }
      const usedAt = lastUse(scope)
      if (usedAt !== undefined) {
        const evidence = `${scope} was last used ${duration(now - usedAt)} ago`
        return finding({ ...about, kind: 'grant_unused', severity: 'warning', evidence, since: usedAt })
      }
      const age = now - grant.updatedAt
      const evidence = `${scope} was granted by ${time(grant.updatedAt)}, ${duration(age)} ago, and never used since`
      const severity = age >= warningSeconds ? 'warning' : 'info'
      return finding({ ...about, kind: 'grant_never_used', severity, evidence, since: grant.updatedAt })
    })
  })
}

const narrowTo = (scopes: readonly string[], { clientId, audience }: Grant): string =>
  scopes.length === 0
    ? `credence grant remove ${shellWord(clientId)} ${shellWord(audience)}`
    : `credence grant set ${shellWord(clientId)} ${shellWord(`${audience}=${scopes.join(',')}`)}`
