/** Checks a client secret: one look-up by the id that the secret carries, one compare. RFC 6749 §2.3.1. */
import type { Clock } from '@credence/protocol'
import type { ClientRecord } from '@credence/storage'
import type { Directory } from '../../directory/directory.ts'
import { type AuthenticatedClient, nothingToClaim, type PresentedSecret } from '../client_auth_method.ts'
import { invalidClient } from '../invalid_client.ts'
import { mayUseMethod } from '../registered_method.ts'
import { credentialIdOf, type SecretDigester } from './client_secret.ts'

export interface ClientSecretDeps {
  readonly directory: Directory
  readonly digester: SecretDigester
  readonly clock: Clock
}

const noDigest = Buffer.alloc(32)

/**
 * Resolves to the client that a secret belongs to.
 *
 * Nothing here depends on whether the client id exists: the secret is found by its own id, and compared before anything
 * else is looked at, against zeros when it is unknown.
 *
 * @throws {OAuthError} `invalid_client`, with the same description whatever was wrong; `detail` has the reason for the log.
 */
export const checkClientSecret = (
  presented: PresentedSecret,
  deps: ClientSecretDeps,
): AuthenticatedClient | Promise<AuthenticatedClient> => {
  const credentialId = credentialIdOf(presented.clientSecret)
  const known = credentialId === undefined ? undefined : deps.directory.clientByCredential(credentialId)
  const prove = (record: ClientRecord | undefined) => proveSecret(presented, { credentialId, record }, deps)
  return known instanceof Promise ? known.then(prove) : prove(known)
}

interface Found {
  readonly credentialId: string | undefined
  readonly record: ClientRecord | undefined
}

const proveSecret = (
  { method, clientId, clientSecret }: PresentedSecret,
  { credentialId, record }: Found,
  { digester, clock }: ClientSecretDeps,
): AuthenticatedClient => {
  const found = record?.credentials.find((held) => held.credentialId === credentialId)
  const credential = found?.kind === 'secret' ? found : undefined
  const proven = digester.matches(clientSecret, credential?.secretDigest ?? noDigest)

  if (record === undefined || credential === undefined) throw invalidClient('unknown or revoked secret')
  if (!proven) throw invalidClient('wrong secret for a known credential id')
  const { client } = record
  if (client.clientId !== clientId) throw invalidClient(`the secret belongs to another client: ${client.clientId}`)
  if (credential.expiresAt !== undefined && credential.expiresAt <= clock.epochSeconds()) {
    throw invalidClient(`expired credential: ${credential.credentialId}`)
  }
  if (client.disabled) throw invalidClient('the client is disabled')
  const registered = client.tokenEndpointAuthMethod
  if (!mayUseMethod(registered, method)) throw invalidClient(`registered for ${registered}, used ${method}`)
  return { record, credential, method, replayClaims: nothingToClaim }
}
