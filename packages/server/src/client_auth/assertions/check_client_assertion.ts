/** Checks a client assertion: whose it is, that it is by a credential of that client, and what it claims. RFC 7523 §3. */
import {
  type ClientAssertion,
  type ClientAssertionHeader,
  checkClientAssertion,
  checkClientAssertionType,
  decodeClientAssertion,
  JwtError,
  replayKey,
} from '@credence/jwt'
import { type Clock, jwtBearerAssertionType } from '@credence/protocol'
import type { Client, ClientRecord, Credential } from '@credence/storage'
import type { Directory } from '../../directory/directory.ts'
import type { AuthenticatedClient, PresentedAssertion } from '../client_auth_method.ts'
import { invalidClient } from '../invalid_client.ts'
import { mayUseMethod } from '../registered_method.ts'

/** Finds the credential that signed an assertion; does the same work where there is no client. */
export type ProveAssertion = (
  assertion: ClientAssertion,
  record: ClientRecord | undefined,
) => Credential | undefined | Promise<Credential | undefined>

export interface ClientAssertionDeps {
  readonly directory: Pick<Directory, 'client'>
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly private_key_jwt: ProveAssertion
  readonly client_secret_jwt: ProveAssertion
  /** For the assertions that a client did not make itself. Undefined: not supported here. */
  readonly federated?: (
    presented: PresentedAssertion,
    assertion: ClientAssertion,
  ) => AuthenticatedClient | Promise<AuthenticatedClient>
  readonly clock: Clock
}

/**
 * Resolves to the client whose credential signed an assertion, with what is left to claim.
 *
 * @throws {OAuthError} `invalid_client`, with the same description whatever was wrong; `temporarily_unavailable` when the
 *   keys of the client cannot be had
 */
export const createCheckClientAssertion =
  (deps: ClientAssertionDeps) =>
  async (presented: PresentedAssertion): Promise<AuthenticatedClient> => {
    const { clientId, assertionType } = presented
    const assertion = refusing(() => decodeClientAssertion(presented.assertion))
    if (deps.federated !== undefined && isForeign(presented, assertion)) return deps.federated(presented, assertion)
    if (assertionType !== jwtBearerAssertionType) throw invalidClient('client_assertion_type is none that is supported')
    refusing(() => checkClientAssertionType(assertion.header))

    const method = methodOf(assertion.header)
    const known = deps.directory.client(clientId)
    const record = known instanceof Promise ? await known : known
    const proven = deps[method](assertion, record)
    const credential = proven instanceof Promise ? await proven : proven
    if (record === undefined) throw invalidClient('unknown client')
    if (credential === undefined)
      throw invalidClient(`no live credential of the client verifies it: ${describe(assertion)}`)
    checkMayUse(record.client, method)
    return { record, credential, method, replayClaims: [checkClaims(assertion, record.client, deps)] }
  }

type OwnMethod = 'private_key_jwt' | 'client_secret_jwt'

const methodOf = ({ algorithm }: ClientAssertionHeader): OwnMethod =>
  algorithm === 'HS256' ? 'client_secret_jwt' : 'private_key_jwt'

const isForeign = ({ clientId, assertionType }: PresentedAssertion, { claims }: ClientAssertion): boolean =>
  assertionType !== jwtBearerAssertionType || claims.iss !== clientId

const checkMayUse = ({ disabled, tokenEndpointAuthMethod: registered }: Client, used: OwnMethod): void => {
  if (disabled) throw invalidClient('the client is disabled')
  // a secret is kept so that it can be used in this way only where an operator has said so
  if (!mayUseMethod(registered, used))
    throw invalidClient(`registered for ${registered ?? 'any method but client_secret_jwt'}, used ${used}`)
}

const checkClaims = (
  { claims }: ClientAssertion,
  { clientId, tokenEndpointAudience }: Client,
  deps: ClientAssertionDeps,
) =>
  refusing(() => {
    const audiences = tokenEndpointAudience ? [deps.issuer, deps.tokenEndpoint] : [deps.issuer]
    const now = deps.clock.epochSeconds()
    const { jti, refusedFrom, issuedAt } = checkClientAssertion(claims, { clientId, audiences, now })
    return { entry: replayKey(clientId, jti), expiresAt: refusedFrom, issuedAt }
  })

/** What is wrong with an assertion is for an operator to know; the caller is told what everybody is. */
const refusing = <T>(step: () => T): T => {
  try {
    return step()
  } catch (error) {
    if (error instanceof JwtError) throw invalidClient(error.message)
    throw error
  }
}

const describe = ({ header: { algorithm, kid } }: ClientAssertion): string =>
  `${algorithm === 'HS256' ? algorithm : algorithm.name}, ${kid === undefined ? 'no kid' : `kid ${kid.slice(0, 64)}`}`
