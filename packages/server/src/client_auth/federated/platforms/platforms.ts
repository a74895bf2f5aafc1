/** The table of platforms whose tokens may stand for a client. A further one is one file and one row. */
import { aws } from './aws.ts'
import { azure } from './azure.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { kubernetes } from './kubernetes.ts'
import { oidc } from './oidc.ts'
import type { Platform, PlatformName } from './platform.ts'
import { spiffe } from './spiffe.ts'

export const platforms: Readonly<Record<PlatformName, Platform>> = {
  kubernetes,
  github,
  gitlab,
  google,
  aws,
  azure,
  spiffe,
  oidc,
}

export const platformNames = Object.keys(platforms) as readonly PlatformName[]

/** Which platform an issuer and a subject are of, where an operator does not say; `oidc` when it could be any. */
export const inferPlatform = (issuer: string | undefined, subject: string): PlatformName => {
  if (subject.startsWith('system:serviceaccount:')) return 'kubernetes'
  if (subject.startsWith('spiffe://') && (issuer === undefined || issuer.startsWith('spiffe://'))) return 'spiffe'
  if (issuer === undefined) {
    if (subject.startsWith('repo:')) return 'github'
    if (subject.startsWith('project_path:')) return 'gitlab'
    return 'oidc'
  }
  if (issuer === github.issuer || issuer.startsWith(`${github.issuer}/`) || issuer.endsWith('/_services/token')) {
    return 'github'
  }
  if (issuer === gitlab.issuer || subject.startsWith('project_path:')) return 'gitlab'
  if (issuer === google.issuer) return 'google'
  const ofForm = (['aws', 'azure', 'spiffe'] as const).find((name) => platforms[name].checkIssuer(issuer) === undefined)
  return ofForm ?? 'oidc'
}
