/** Makes credentials of what somebody registers: a secret that is shown once, or one credential for each key, certificate and platform. */
import type { Client, ClientRecord, Credential } from '@credence/storage'
import { newCredentialFacts } from '../client_auth/new_credential_facts.ts'
import type { AdminDeps } from './admin_deps.ts'
import {
  createSecretCredential,
  type NewSecret,
  type NewSecretRequest,
  type SecretMakers,
} from './credential_documents.ts'
import {
  describeMaterial,
  fitsMethod,
  isSameMaterial,
  type Material,
  materialOfCredential,
  neededFor,
} from './credential_material.ts'
import { type CredentialMembers, maxCredentials } from './credential_members.ts'
import { Problem } from './problem.ts'

type Makers = Pick<AdminDeps, 'clock' | 'randomness'>

/** Does not store it. @param asked times in seconds from now */
export const createMaterialCredential = (
  clientId: string,
  material: Material,
  { clock, randomness, label, expires_in: expiresIn }: Makers & Pick<NewSecretRequest, 'label' | 'expires_in'>,
): Credential => ({ ...newCredentialFacts(clientId, { clock, randomness, label, expiresIn }), ...material })

export interface NewCredentials {
  /** Undefined: none is made. */
  readonly secret: NewSecret | undefined
  readonly others: readonly Credential[]
}

export const allOf = ({ secret, others }: NewCredentials): readonly Credential[] =>
  secret === undefined ? others : [secret.credential, ...others]

/** The first credentials of a client: a secret only where nothing else is given and it is registered for nothing else. */
export const createFirstCredentials = (
  client: Client,
  materials: readonly Material[],
  asked: NewSecretRequest & SecretMakers,
): NewCredentials => {
  for (const material of materials) checkFits(client, material)
  const others = materials.map((material) => createMaterialCredential(client.clientId, material, asked))
  const hasSecret = materials.length === 0 && fitsMethod(client.tokenEndpointAuthMethod, 'secret')
  return { secret: hasSecret ? createSecretCredential(client, asked, asked) : undefined, others }
}

/** @throws {Problem} `invalid_request` where the client is registered for a method that could never use it */
export const checkFits = ({ clientId, tokenEndpointAuthMethod: method }: Client, what: Material | 'secret'): void => {
  if (method === undefined || fitsMethod(method, what)) return
  const given = `a ${what === 'secret' ? what : what.kind}`
  throw new Problem(
    'invalid_request',
    `${clientId} is registered for ${method}, which needs ${neededFor(method)} and cannot use ${given} credential; ` +
      'token_endpoint_auth_method null lets it use either meanwhile (credence client update --auth any)',
  )
}

/** "The "jwks_uri" and "jwks" parameters MUST NOT both be present in the same request or response." RFC 7591 §2. @throws {Problem} */
export const checkUriAlone = ({ jwks, jwks_uri: jwksUri }: CredentialMembers): void => {
  if (jwks !== undefined && jwksUri !== undefined) {
    throw new Problem('invalid_request', 'jwks and jwks_uri cannot both be given: RFC 7591 §2')
  }
}

/** A client replaces by itself what can be handed to it, which is a secret. @throws {Problem} `invalid_request` */
export const checkRotatable = ({ clientId, managedRotation, tokenEndpointAuthMethod: method }: Client): void => {
  if (managedRotation === undefined || fitsMethod(method, 'secret')) return
  throw new Problem(
    'invalid_request',
    `managed_rotation is for secrets, and ${clientId} is registered for ${method}: it makes a new key by itself, and publishes it or has it added`,
  )
}

/**
 * Checks that a client can take more credentials.
 *
 * @param added empty for a secret, which is new by its making
 * @throws {Problem} `already_exists`, `too_many`
 */
export const checkRoom = ({ client, credentials }: ClientRecord, added: readonly Credential[]): void => {
  if (credentials.length + Math.max(1, added.length) > maxCredentials.perClient) {
    throw new Problem(
      'too_many',
      `${client.clientId} has ${credentials.length} credentials that are not revoked, and may have ${maxCredentials.perClient}: revoke those that are not needed`,
    )
  }
  for (const material of added.map(materialOfCredential)) {
    const same = credentials.find((held) => material !== undefined && isInPlaceOf(held, material))
    if (same === undefined || material === undefined) continue
    const what = isUri(material) ? 'where its keys are published' : describeMaterial(material)
    throw new Problem('already_exists', `${same.credentialId} is that already: ${what}`)
  }
}

/** Whether it is the same, or the one place of its kind: RFC 7591 §2 knows a single jwks_uri. */
const isInPlaceOf = (credential: Credential, material: Material): boolean => {
  const held = materialOfCredential(credential)
  return held !== undefined && (isSameMaterial(held, material) || (isUri(held) && isUri(material)))
}

const isUri = (material: Material): boolean => material.kind === 'key' && 'jwksUri' in material.key
