/** The profiles by the names that an operator gives. */
import { fapi2 } from './fapi2.ts'
import type { Profile } from './profile.ts'

const profiles = { fapi2 } as const satisfies Readonly<Record<string, Profile>>

export type ProfileName = keyof typeof profiles

export const profileNames = Object.keys(profiles) as readonly ProfileName[]

export const profileOf = (name: ProfileName | undefined): Profile | undefined =>
  name === undefined ? undefined : profiles[name]
