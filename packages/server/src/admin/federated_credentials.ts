/** Federated credentials as the management API and declarative files take and show them. RFC 7523 §3. */
import type { ClaimCondition, FederatedCredential, Federation } from '@credence/storage'
import { explainFederation, warnAboutFederation } from '../client_auth/federated/explain_federation.ts'
import { type FederationDeps, parseFederation } from '../client_auth/federated/federated_credential.ts'
import { InvalidFederation } from '../client_auth/federated/invalid_federation.ts'
import type { FederatedCredentialDocument } from './credential_members.ts'
import type { Fault } from './problem.ts'

export type FederatedMaterial = Pick<FederatedCredential, 'kind' | 'federation'>

/** What is wrong goes to `faults`. */
export const parseFederatedCredentials = (
  given: readonly FederatedCredentialDocument[],
  { faults, ...deps }: FederationDeps & { readonly faults: Fault[] },
): readonly FederatedMaterial[] =>
  given.flatMap(({ jwks_uri: jwksUri, ...document }, index) => {
    try {
      return [{ kind: 'federated', federation: parseFederation({ ...document, jwksUri }, deps) }]
    } catch (error) {
      if (!(error instanceof InvalidFederation)) throw error
      const pointer = `/federated_credentials/${index}`
      faults.push(
        ...error.faults.map(({ part, detail }) => ({ pointer: `${pointer}/${part}`, detail: `${part} ${detail}` })),
      )
      return []
    }
  })

/** The document that says the same, with everything that holds said. */
export const toFederatedDocument = ({
  platform,
  issuer,
  subject,
  audience,
  claims,
  keys,
}: Federation): FederatedCredentialDocument => ({
  platform,
  issuer,
  subject: toConditionText(subject),
  audience,
  ...(claims.length > 0 && {
    claims: Object.fromEntries(claims.map((condition) => [condition.claim, toConditionText(condition)])),
  }),
  ...(keys !== undefined && ('jwks' in keys ? { jwks: JSON.parse(keys.jwks) } : { jwks_uri: keys.jwksUri })),
})

const toConditionText = ({ match, values }: ClaimCondition): string | string[] => {
  const texts = match === 'prefix' ? values.map((value) => `${value}*`) : [...values]
  const [only, ...others] = texts
  return only !== undefined && others.length === 0 ? only : texts
}

export const describeFederation = (federation: Federation): string =>
  [
    ...explainFederation(federation),
    ...warnAboutFederation(federation).map((warning) => `Think again: ${warning}.`),
  ].join(' ')
