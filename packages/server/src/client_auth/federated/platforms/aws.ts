/** AWS: the tokens of GetWebIdentityToken, IAM outbound identity federation. */
import { hour, ordinary, type Platform } from './platform.ts'

const issuerForm = /^https:\/\/[0-9a-z-]+\.tokens\.sts\.global\.api\.aws$/
const principal = /^arn:aws[a-z-]*:iam::\d{12}:(?:root$|(?:role|user)\/)/

export const aws: Platform = {
  ...ordinary,
  title: 'AWS',
  // 60 s to an hour, 5 minutes unless asked for
  maxLifetimeSeconds: hour,
  prefixEnds: ['/'],
  checkIssuer: (issuer) =>
    issuerForm.test(issuer)
      ? undefined
      : 'must be the issuer of your account, https://ID.tokens.sts.global.api.aws: aws iam get-outbound-web-identity-federation-info; or use the kind oidc',
  checkSubject(value, { subject }) {
    if (/^arn:aws[a-z-]*:sts:/.test(value))
      return 'must be the ARN of the role (arn:aws:iam::…:role/NAME), not of its session'
    const isWhole = subject.match === 'prefix' || !value.endsWith('/')
    return principal.test(value) && isWhole
      ? undefined
      : 'must be the ARN of a role, as in arn:aws:iam::123456789012:role/NAME'
  },
  whose: (value, match) => (match === 'prefix' ? `every principal whose ARN begins so` : `the principal ${value}`),
  warn: ({ subject }) =>
    subject.match === 'prefix' && subject.values.some((value) => /:(?:role|user)\/$/.test(value))
      ? ['every role of the account can be this client: name one, or a path of roles']
      : [],
}
