/** The table of skins. */
import { auth0Skin } from './auth0.ts'
import { cognitoSkin } from './cognito.ts'
import { credenceSkin } from './credence.ts'
import { entraSkin } from './entra.ts'
import { genericSkin } from './generic.ts'
import { googleSkin } from './google.ts'
import { keycloakSkin } from './keycloak.ts'
import { oktaSkin } from './okta.ts'
import type { Skin } from './skin.ts'

/** One for each preset of `@credence/client/presets`. */
export const skinNames = ['credence', 'generic', 'auth0', 'okta', 'entra', 'cognito', 'google', 'keycloak'] as const

export type SkinName = (typeof skinNames)[number]

export const skins: Readonly<Record<SkinName, Skin>> = {
  credence: credenceSkin,
  generic: genericSkin,
  auth0: auth0Skin,
  okta: oktaSkin,
  entra: entraSkin,
  cognito: cognitoSkin,
  google: googleSkin,
  keycloak: keycloakSkin,
}
