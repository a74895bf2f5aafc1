/** Whose issuer it is, where the issuer alone tells. */
import type { ProviderName } from './provider_options.ts'

const knownIssuers: readonly (readonly [name: ProviderName, pattern: RegExp])[] = [
  ['auth0', /^https:\/\/[^/]+\.auth0\.com\/$/],
  ['okta', /^https:\/\/[^/]+\.okta(?:preview)?\.com(?:\/oauth2\/|$)/],
  [
    'entra',
    /^https:\/\/(?:login\.microsoftonline\.(?:com|us)|sts\.windows\.net|login\.partner\.microsoftonline\.cn)\//,
  ],
  ['cognito', /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\//],
  ['google', /^https:\/\/accounts\.google\.com$/],
  ['keycloak', /\/realms\/[^/]+$/],
]

/** Undefined for an issuer that may be anybody's: a custom domain, Credence, or something else that keeps to RFC 9068. */
export const guessProvider = (issuer: string): ProviderName | undefined =>
  knownIssuers.find(([, pattern]) => pattern.test(issuer))?.[0]
