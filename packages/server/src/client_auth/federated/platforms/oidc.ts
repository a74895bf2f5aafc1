/** Any other issuer of signed JWTs with metadata or known keys. OpenID Connect Discovery 1.0, RFC 8414. */
import { day, ordinary, type Platform } from './platform.ts'

export const oidc: Platform = {
  ...ordinary,
  title: 'OpenID Connect',
  // an ID token, or an access token that the issuer made for this server
  types: ['jwt', 'at+jwt', undefined],
  maxLifetimeSeconds: day,
  prefixEnds: [':', '/'],
  checkSubject: () => undefined,
  whose: (value, match) => (match === 'prefix' ? 'everybody whose subject begins so' : `the subject ${value}`),
  warn: ({ subject }) =>
    subject.match === 'prefix' ? ['whoever the issuer gives a subject that begins so can be this client'] : [],
}
