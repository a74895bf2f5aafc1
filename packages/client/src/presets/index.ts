/** A preset per provider: checks what it is given, knows the provider's ways, and returns options for createTokenManager. */
export { type Auth0Options, auth0 } from './auth0.ts'
export { type CognitoOptions, cognito } from './cognito.ts'
export { type CredenceOptions, credence } from './credence.ts'
export { type EntraOptions, entra } from './entra.ts'
export { type GenericOptions, generic } from './generic.ts'
export { type GoogleOptions, google } from './google.ts'
export { type KeycloakOptions, keycloak } from './keycloak.ts'
export { type OktaOptions, okta } from './okta.ts'
