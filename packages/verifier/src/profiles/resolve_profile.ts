/** The profiles by name, and which of them an issuer's tokens are read by. */
import { auth0 } from './auth0.ts'
import { credence } from './credence.ts'
import { entra } from './entra.ts'
import { jwtLegacy } from './jwt_legacy.ts'
import { keycloak } from './keycloak.ts'
import { okta } from './okta.ts'
import type { TokenProfile } from './token_profile.ts'

/** Those that need nothing said. */
const profiles = { auth0, credence, entra, keycloak, okta } as const

export type ProfileName = keyof typeof profiles

/** Those that need something said, and what. */
const needed = new Map([
  ['cognito', 'cognito({ clientIds }) or cognito({ resourceServer })'],
  ['google', 'google({ serviceAccounts })'],
])

export interface ProfileOptions {
  /** Whose tokens they are. Tokens that keep to RFC 9068, unless given. */
  readonly profile?: ProfileName | TokenProfile
  /** Accepts tokens that keep to RFC 9068 in all but `typ`, which may be JWT or absent. Not with a profile, which knows. */
  readonly typ?: 'jwt-legacy'
}

/**
 * The profile that the options name.
 *
 * @throws {TypeError} when there is none such.
 */
export const resolveProfile = ({ profile, typ }: ProfileOptions): TokenProfile => {
  if (typ !== undefined && typ !== jwtLegacy.name) throw new TypeError(`typ may be jwt-legacy, not ${String(typ)}`)
  if (profile === undefined) return typ === undefined ? credence : jwtLegacy
  if (typ !== undefined) throw new TypeError('a profile knows what typ its tokens have: leave out profile or typ')
  if (typeof profile !== 'string') return profile
  const hint = needed.get(profile)
  if (hint !== undefined) throw new TypeError(`profile ${profile} needs to be told more: ${hint}`)
  if (!Object.hasOwn(profiles, profile)) {
    throw new TypeError(`profile must be one of ${[...Object.keys(profiles), ...needed.keys()].sort().join(', ')}`)
  }
  return profiles[profile]
}
