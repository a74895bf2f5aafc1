/** SPIFFE: JWT-SVIDs of one trust domain. draft-ietf-oauth-spiffe-client-auth §3.1, SPIFFE-ID §2. */

import type { JsonObject } from '@credence/jwt'
import { jwtSpiffeAssertionType } from '@credence/protocol'
import { hour, ordinary, type Platform } from './platform.ts'

const trustDomain = 'spiffe://[a-z0-9._-]{1,255}'
// "Individual path segments MUST NOT be empty", nor "." or ".."
const segment = '(?!\\.{1,2}(?:/|$))[A-Za-z0-9._-]+'
const idForm = new RegExp(`^(${trustDomain})(?:/${segment})+$`)
const prefixForm = new RegExp(`^(${trustDomain})(?:/${segment})*/$`)
const maxIdLength = 2048

/** The trust domain of a SPIFFE ID, `spiffe://…`; undefined when it is none. */
export const trustDomainOf = (id: unknown): string | undefined =>
  typeof id === 'string' && id.length <= maxIdLength ? idForm.exec(id)?.[1] : undefined

export const spiffe: Platform = {
  ...ordinary,
  title: 'SPIFFE',
  assertionType: jwtSpiffeAssertionType,
  // "If set, its value MUST be either JWT or JOSE." (JWT-SVID §2.3)
  types: ['jwt', 'jose', undefined],
  maxLifetimeSeconds: hour,
  // JWT-SVID §3 demands sub, aud and exp only
  issuedAtRequired: false,
  // keys are a trust domain's, and it is named in sub; iss need not be there
  issuerOf: ({ sub }: JsonObject) => trustDomainOf(sub),
  prefixEnds: ['/'],
  checkIssuer: (issuer) =>
    new RegExp(`^${trustDomain}$`).test(issuer) ? undefined : 'must be the trust domain, as in spiffe://example.org',
  checkSubject(value, { issuer, subject }) {
    const form = subject.match === 'prefix' ? prefixForm : idForm
    if (value.length <= maxIdLength && form.exec(value)?.[1] === issuer) return undefined
    return `must be a SPIFFE ID of the trust domain, as in ${issuer}/ns/NAMESPACE/sa/NAME`
  },
  check: ({ keys }) =>
    keys === undefined
      ? 'the trust bundle has to be pinned: give it (spire-server bundle show -format spiffe), or the URL of its bundle endpoint'
      : undefined,
  whose: (value, match) => (match === 'prefix' ? `every workload below ${value}` : `the workload ${value}`),
  warn: ({ issuer, subject }) =>
    subject.match === 'prefix' && subject.values.includes(`${issuer}/`)
      ? ['every workload of the trust domain can be this client: name a path']
      : [],
}
