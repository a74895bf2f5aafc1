/** The members that say what a client proves itself with beside secrets, the same for clients, credentials and declarative files. RFC 7591 §2, RFC 8705 §2.1.2. */
import type { FromSchema } from 'json-schema-to-ts'

/** Keys, certificates and federated credentials that one request may bring, and that a client may have at once. */
export const maxCredentials = { perRequest: 20, perClient: 100 } as const

const jwks = {
  type: 'object',
  required: ['keys'],
  properties: {
    keys: { type: 'array', minItems: 1, maxItems: maxCredentials.perRequest, items: { type: 'object' } },
  },
  description: 'Its public keys, each of which becomes a credential of its own. RFC 7517 §5. Never a private key.',
} as const

const url = { type: 'string', pattern: '^https?://[!-~]+$', maxLength: 2048 } as const

const jwksUri = {
  ...url,
  description: 'Where it publishes its public keys; not together with `jwks`. RFC 7591 §2.',
} as const

/** One value or several, in one schema: a fault in it is said once. */
const oneOrMore = {
  type: ['string', 'array'],
  minLength: 1,
  maxLength: 1024,
  items: { type: 'string', minLength: 1, maxLength: 1024 },
  minItems: 1,
  maxItems: maxCredentials.perRequest,
  uniqueItems: true,
} as const

/** RFC 8705 §2.1.2 has one of each; here it may be several, so that one takes the place of another without a gap. */
const nameOrNames = (description: string) => ({ ...oneOrMore, description }) as const

/** Each says what a client's certificate has to have, one credential for each value. */
export const certificateMembers = {
  tls_client_auth_subject_dn: nameOrNames('The subject of its certificate. RFC 4514, RFC 8705 §2.1.2.'),
  tls_client_auth_san_dns: nameOrNames('A DNS name that its certificate is for.'),
  tls_client_auth_san_uri: nameOrNames('A URI that its certificate is for.'),
  tls_client_auth_san_ip: nameOrNames('An IP address that its certificate is for.'),
  tls_client_auth_san_email: nameOrNames('An email address that its certificate is for.'),
  certificate_public_key: nameOrNames(
    'The SHA-256 of the SubjectPublicKeyInfo of its self-signed certificate, base64url.',
  ),
} as const

export const federatedCredential = {
  type: 'object',
  required: ['subject'],
  additionalProperties: false,
  properties: {
    platform: {
      type: 'string',
      enum: ['kubernetes', 'github', 'gitlab', 'google', 'aws', 'azure', 'spiffe', 'oidc'],
      description: 'Whose tokens they are, which decides what else they must say. Absent: told by issuer and subject.',
    },
    issuer: {
      type: 'string',
      minLength: 1,
      maxLength: 2048,
      description: '`iss` of the platform’s tokens. Absent: that of the platform, where it has a single one.',
    },
    subject: { ...oneOrMore, description: '`sub` of the platform’s tokens: one of these.' },
    audience: {
      type: 'string',
      minLength: 1,
      maxLength: 2048,
      description: 'What `aud` must be. Absent: the issuer of this server.',
    },
    claims: {
      type: 'object',
      maxProperties: 20,
      additionalProperties: oneOrMore,
      description: 'What further claims must be: one of these values.',
    },
    jwks: {
      type: 'object',
      required: ['keys'],
      properties: { keys: { type: 'array', minItems: 1, maxItems: 100, items: { type: 'object' } } },
      description:
        'The platform’s public keys, or of SPIFFE the trust bundle. Absent: fetched from where its metadata says.',
    },
    jwks_uri: { ...url, description: 'Where the platform’s public keys are, where no metadata says so.' },
  },
  description: 'The tokens of a platform that stand for the client. RFC 7523 §3.',
} as const

const federatedCredentials = {
  type: 'array',
  items: federatedCredential,
  maxItems: maxCredentials.perRequest,
} as const

/** All of them. */
export const credentialMembers = {
  jwks,
  jwks_uri: jwksUri,
  certificate: {
    type: 'string',
    maxLength: 65_536,
    description: 'Its self-signed certificate in PEM, of which the public key counts. RFC 8705 §2.2.',
  },
  ...certificateMembers,
  federated_credentials: federatedCredentials,
} as const

export type CredentialMembers = FromSchema<{
  readonly type: 'object'
  readonly additionalProperties: false
  readonly properties: typeof credentialMembers
}>

export type FederatedCredentialDocument = FromSchema<typeof federatedCredential>
