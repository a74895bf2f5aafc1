/** What is wrong with a federated credential that an operator asks for. */

/** The parts of a federated credential that an operator gives. */
export type FederationPart = 'platform' | 'issuer' | 'subject' | 'audience' | 'claims' | 'jwks' | 'jwks_uri'

export interface FederationFault {
  readonly part: FederationPart
  /** What is wrong and what to do, to be read after the name of the part. */
  readonly detail: string
}

/** Thrown with every fault at once. */
export class InvalidFederation extends Error {
  override readonly name = 'InvalidFederation'
  readonly code = 'invalid_federation'
  readonly faults: readonly FederationFault[]

  constructor(faults: readonly FederationFault[]) {
    super(faults.map(({ part, detail }) => `${part} ${detail}`).join('; '))
    this.faults = faults
  }
}
