/** Credentials as the management API shows them: never the secret, never its digest. A secret is shown once, when it is made. */
import { jwkThumbprint } from '@credence/jwt'
import type { Client, Credential, SecretCredential } from '@credence/storage'
import { newCredentialFacts } from '../client_auth/new_credential_facts.ts'
import { createClientSecret } from '../client_auth/secrets/client_secret.ts'
import type { AdminDeps } from './admin_deps.ts'
import { describeMaterial, materialOfCredential, toMaterialMembers } from './credential_material.ts'
import { certificateMembers, credentialMembers, federatedCredential } from './credential_members.ts'
import { epochSeconds, expiresIn, label } from './schemas.ts'

/** What the first credential of a new client is called, and when it expires. */
export const firstCredentialRequest = {
  type: 'object',
  additionalProperties: false,
  properties: { label, expires_in: expiresIn },
} as const

const kind = { type: 'string', enum: ['secret', 'key', 'certificate', 'federated'] } as const

export const credentialRequest = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...firstCredentialRequest.properties,
    kind: { ...kind, description: 'Absent: what the other members say; a secret where they say nothing.' },
    ...credentialMembers,
  },
} as const

/** What is public of a credential: all of it, but of a secret. */
const materialProperties = {
  accepts: { type: 'string', description: 'For people: what the client has to present. Not there for a secret.' },
  jwk: { type: 'object', description: 'Its public key. RFC 7517.' },
  jwk_thumbprint: { type: 'string', description: 'RFC 7638.' },
  jwks_uri: credentialMembers.jwks_uri,
  ...certificateMembers,
  federated: federatedCredential,
} as const

export const credentialDocument = {
  type: 'object',
  required: ['credential_id', 'client_id', 'kind', 'status', 'created_at'],
  properties: {
    credential_id: { type: 'string' },
    client_id: { type: 'string' },
    kind,
    label,
    status: { type: 'string', enum: ['live', 'expired', 'revoked'] },
    created_at: epochSeconds,
    expires_at: epochSeconds,
    revoked_at: epochSeconds,
    last_used_at: epochSeconds,
    last_used_from: { type: 'string', description: 'The address it was last used from.' },
    replaces: { type: 'string', description: 'The credential that the client replaced with this one by itself.' },
    last_used_user_agent: {
      type: 'string',
      description: 'What it was last used by, as that called itself. RFC 9110 §10.1.5.',
    },
    ...materialProperties,
  },
} as const

/** What RFC 7591 §3.2.1 calls them; `client_secret_expires_at` is 0 when it never expires. */
export const newSecretProperties = {
  client_secret: { type: 'string', description: 'Shown this once.' },
  client_secret_expires_at: epochSeconds,
} as const

export const toCredentialDocument = (credential: Credential, now: number) => ({
  credential_id: credential.credentialId,
  client_id: credential.clientId,
  kind: credential.kind,
  label: credential.label,
  status: statusOf(credential, now),
  created_at: credential.createdAt,
  expires_at: credential.expiresAt,
  revoked_at: credential.revokedAt,
  last_used_at: credential.lastUsedAt,
  last_used_from: credential.lastUsedFrom,
  last_used_user_agent: credential.lastUsedUserAgent,
  replaces: credential.replaces,
  ...toMaterialDocument(credential),
})

const toMaterialDocument = (credential: Credential) => {
  const material = materialOfCredential(credential)
  if (material === undefined) return {}
  const { jwks, federated_credentials: federated, ...members } = toMaterialMembers(material)
  const [jwk] = jwks?.keys ?? []
  return {
    accepts: describeMaterial(material),
    ...(jwk !== undefined && { jwk, jwk_thumbprint: jwkThumbprint(jwk) }),
    ...(federated !== undefined && { federated: federated[0] }),
    ...members,
  }
}

const statusOf = ({ revokedAt, expiresAt }: Credential, now: number): 'live' | 'expired' | 'revoked' => {
  // one that had expired before it was revoked ended by expiring
  if (expiresAt !== undefined && expiresAt <= Math.min(now, revokedAt ?? now)) return 'expired'
  return revokedAt === undefined ? 'live' : 'revoked'
}

export interface NewSecret {
  readonly credential: SecretCredential
  readonly clientSecret: string
}

/** What a secret is made with; times in seconds from now. */
export interface NewSecretRequest {
  readonly label?: string | undefined
  readonly expires_in?: number | undefined
  /** The credential that its client replaces with it. */
  readonly replaces?: string | undefined
}

export type SecretMakers = Pick<AdminDeps, 'digester' | 'clientSecrets' | 'clock' | 'randomness'>

/** Makes a secret and the credential that stands for it. Does not store it. */
export const createSecretCredential = (
  { clientId, tokenEndpointAuthMethod }: Pick<Client, 'clientId' | 'tokenEndpointAuthMethod'>,
  asked: NewSecretRequest,
  { digester, clientSecrets, clock, randomness }: SecretMakers,
): NewSecret => {
  const { label, expires_in: expiresIn, replaces } = asked
  const facts = newCredentialFacts(clientId, { clock, randomness, label, expiresIn })
  const { credentialId } = facts
  const clientSecret = createClientSecret(credentialId, randomness)
  const credential: SecretCredential = {
    ...facts,
    kind: 'secret',
    secretDigest: digester.digest(clientSecret),
    // kept only where the secret itself has to be known again: as the key of an HMAC. RFC 7523 §2.2
    sealedSecret:
      tokenEndpointAuthMethod === 'client_secret_jwt' ? clientSecrets.seal(clientSecret, credentialId) : undefined,
    replaces,
  }
  return { credential, clientSecret }
}

export const toNewSecretDocument = ({ credential, clientSecret }: NewSecret) => ({
  client_secret: clientSecret,
  client_secret_expires_at: credential.expiresAt ?? 0,
})
