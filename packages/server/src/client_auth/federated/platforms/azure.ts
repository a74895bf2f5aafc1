/** Azure: the access tokens of managed identities, issued by Entra ID. */
import { day, ordinary, type Platform } from './platform.ts'

const guid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const version1 = new RegExp(`^https://sts\\.windows\\.net/${guid}/$`)
const version2 = new RegExp(
  `^https://login\\.(?:microsoftonline\\.(?:com|us)|partner\\.microsoftonline\\.cn)/${guid}/v2\\.0$`,
)
const object = new RegExp(`^${guid}$`)

export const azure: Platform = {
  ...ordinary,
  title: 'Azure managed identity',
  // a day and five minutes, and 28 hours with continuous access evaluation
  maxLifetimeSeconds: day + 6 * 3600,
  prefixEnds: [],
  checkIssuer: (issuer) =>
    version1.test(issuer) || version2.test(issuer)
      ? undefined
      : 'must name your tenant by its id: https://sts.windows.net/TENANT/ (tokens of version 1, with the slash) or https://login.microsoftonline.com/TENANT/v2.0',
  checkSubject: (value) =>
    object.test(value) ? undefined : 'must be the object (principal) id of the managed identity, lower case',
  audienceAdvice:
    'must be given: a managed identity gets tokens for registered applications only, as in --audience api://APPLICATION-ID',
  whose: (value) => `the managed identity with the object id ${value}`,
}
