/** Google Cloud: ID tokens of service accounts. */
import { hasClaim, hour, ordinary, type Platform } from './platform.ts'

export const google: Platform = {
  ...ordinary,
  title: 'Google',
  issuer: 'https://accounts.google.com',
  maxLifetimeSeconds: hour,
  prefixEnds: [],
  checkIssuer: (issuer) =>
    issuer === 'https://accounts.google.com' ? undefined : 'must be https://accounts.google.com, or use the kind oidc',
  checkSubject: (value) =>
    /^\d{5,32}$/.test(value)
      ? undefined
      : 'must be the unique id of the service account, digits only: gcloud iam service-accounts describe EMAIL --format "value(uniqueId)"',
  // anybody can have an account that claims an address; whether it is theirs, this says
  implied: (federation) =>
    hasClaim(federation, 'email') && !hasClaim(federation, 'email_verified')
      ? [{ claim: 'email_verified', match: 'exact', values: ['true'] }]
      : [],
  whose: (value) => `the service account with the unique id ${value}`,
}
