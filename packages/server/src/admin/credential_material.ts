/** What a credential is made of when it is no secret: read from what somebody registers, shown, compared. RFC 7591 §2. */
import { isDeepStrictEqual } from 'node:util'
import type { Credential, TokenEndpointAuthMethod } from '@credence/storage'
import {
  type CertificateMaterial,
  describeCertificate,
  parseCertificates,
  toCertificateMembers,
} from './certificate_credentials.ts'
import { type CredentialMembers, credentialMembers, maxCredentials } from './credential_members.ts'
import {
  describeFederation,
  type FederatedMaterial,
  parseFederatedCredentials,
  toFederatedDocument,
} from './federated_credentials.ts'
import { describeKey, type KeyMaterial, parseCertificateKeys, parseKeys, toKeyMembers } from './key_credentials.ts'
import { type Fault, Problem } from './problem.ts'

export type Material = KeyMaterial | CertificateMaterial | FederatedMaterial

export interface ParsedMaterial {
  readonly materials: readonly Material[]
  /** By JSON pointer from the object that the members are of. */
  readonly faults: readonly Fault[]
}

export interface MaterialContext {
  /** This server's, which is what a platform's token has to be for unless something else is said. */
  readonly issuer: string
  /** What the client is registered for, if for anything. */
  readonly method: TokenEndpointAuthMethod | undefined
  /** Whether a jwks_uri and an issuer may be on loopback and private networks. */
  readonly allowPrivateAddresses: boolean
}

/**
 * Reads keys, certificates and federated credentials.
 *
 * Does not check: that anything answers at a jwks_uri or an issuer.
 */
export const parseMaterial = (given: CredentialMembers, context: MaterialContext): ParsedMaterial => {
  const faults: Fault[] = []
  const collecting = { ...context, faults }
  const materials = [
    ...(context.method === 'self_signed_tls_client_auth' && given.jwks_uri === undefined
      ? parseCertificateKeys(given, collecting)
      : parseKeys(given, collecting)),
    ...parseCertificates(given, faults),
    ...parseFederatedCredentials(given.federated_credentials ?? [], collecting),
  ]
  if (materials.length > maxCredentials.perRequest) {
    faults.push({ pointer: '', detail: `more than ${maxCredentials.perRequest} credentials at once` })
  }
  const repeated = materials.find((one, index) => materials.slice(0, index).some((other) => isSameMaterial(one, other)))
  if (repeated !== undefined) faults.push({ pointer: '', detail: `twice the same: ${describeMaterial(repeated)}` })
  return { materials, faults }
}

/** @throws {Problem} `invalid_request` with every fault */
export const materialOf = (given: CredentialMembers, context: MaterialContext): readonly Material[] => {
  const { materials, faults } = parseMaterial(given, context)
  if (faults.length === 0) return materials
  const detail = faults.map(({ pointer, detail }) => `${pointer.slice(1).replace('/', ' ')}: ${detail}`).join('; ')
  throw new Problem('invalid_request', detail, { faults })
}

/** The members of a document that are about credentials, without the others. */
export const credentialMembersOf = (document: CredentialMembers): CredentialMembers =>
  Object.fromEntries(Object.entries(document).filter(([member]) => Object.hasOwn(credentialMembers, member)))

/** What a credential is made of; undefined of a secret, which nobody is shown. */
export const materialOfCredential = (credential: Credential): Material | undefined => {
  switch (credential.kind) {
    case 'secret':
      return undefined
    case 'key':
      return { kind: credential.kind, key: credential.key }
    case 'certificate':
      return { kind: credential.kind, certificate: credential.certificate }
    case 'federated':
      return { kind: credential.kind, federation: credential.federation }
  }
}

export const isSameMaterial = (one: Material, other: Material): boolean =>
  isDeepStrictEqual(toMaterialMembers(one), toMaterialMembers(other))

/** The members that say the same, in wire names. Public material alone: nothing of it is a secret. */
export const toMaterialMembers = (material: Material): CredentialMembers => {
  switch (material.kind) {
    case 'key':
      return toKeyMembers(material.key)
    case 'certificate':
      return toCertificateMembers(material.certificate)
    case 'federated':
      return { federated_credentials: [toFederatedDocument(material.federation)] }
  }
}

/** In words: what it accepts. */
export const describeMaterial = (material: Material): string => {
  switch (material.kind) {
    case 'key':
      return describeKey(material.key)
    case 'certificate':
      return describeCertificate(material.certificate)
    case 'federated':
      return describeFederation(material.federation)
  }
}

/** Whether a client that is registered for a method could ever use what this is. Undefined: registered for none. */
export const fitsMethod = (method: TokenEndpointAuthMethod | undefined, what: Material | 'secret'): boolean => {
  switch (method) {
    case undefined:
      return true
    case 'client_secret_basic':
    case 'client_secret_post':
    case 'client_secret_jwt':
      return what === 'secret'
    case 'private_key_jwt':
      // RFC 7523 §2.2: a platform's token is a signed assertion as well, and sent as one
      return what !== 'secret' && (what.kind === 'key' || what.kind === 'federated')
    case 'tls_client_auth':
      return what !== 'secret' && what.kind === 'certificate' && what.certificate.by !== 'public_key'
    case 'self_signed_tls_client_auth':
      return what !== 'secret' && what.kind === 'certificate' && what.certificate.by === 'public_key'
    case 'federated':
      return what !== 'secret' && what.kind === 'federated'
  }
}

/** What a client that is registered for a method needs, in words. */
export const neededFor = (method: TokenEndpointAuthMethod): string => {
  switch (method) {
    case 'private_key_jwt':
      return 'jwks or jwks_uri'
    case 'tls_client_auth':
      return 'tls_client_auth_subject_dn or one of tls_client_auth_san_dns, _uri, _ip, _email'
    case 'self_signed_tls_client_auth':
      return 'certificate or jwks'
    case 'federated':
      return 'federated_credentials'
    default:
      return 'a secret'
  }
}
