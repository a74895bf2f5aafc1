/** Models for tests, each with what a test says about it changed. */
import type { Api, Client, Grant, SealedKey, SecretCredential, SigningKey } from '../model.ts'

export const now = 1_800_000_000

export const ordersAudience = 'https://orders.example.com'

export const anApi = (changed: Partial<Api> = {}): Api => ({
  id: `api_${changed.audience ?? ordersAudience}`,
  audience: ordersAudience,
  scopes: ['orders:read', 'orders:write'],
  tokenTtlSeconds: 600,
  signingAlgorithm: 'ES256',
  tokenFormat: 'jwt',
  senderConstraint: 'optional',
  createdAt: now,
  updatedAt: now,
  revision: 1,
  ...changed,
})

export const aClient = (changed: Partial<Client> = {}): Client => ({
  clientId: 'report-generator',
  name: undefined,
  tokenEndpointAuthMethod: undefined,
  tokenTtlSeconds: undefined,
  defaultScope: undefined,
  quota: undefined,
  managedRotation: undefined,
  dpopBoundAccessTokens: false,
  certificateBoundAccessTokens: false,
  tokenEndpointAudience: false,
  serves: [],
  disabled: false,
  createdAt: now,
  updatedAt: now,
  revision: 1,
  ...changed,
})

export const aCredential = (changed: Partial<SecretCredential> = {}): SecretCredential => ({
  credentialId: 'cred_1',
  clientId: 'report-generator',
  kind: 'secret',
  label: undefined,
  secretDigest: Uint8Array.from({ length: 32 }, (_, index) => 255 - index),
  sealedSecret: undefined,
  createdAt: now,
  expiresAt: undefined,
  revokedAt: undefined,
  lastUsedAt: undefined,
  lastUsedFrom: undefined,
  lastUsedUserAgent: undefined,
  lifetimeSeconds: undefined,
  replaces: undefined,
  ...changed,
})

export const aGrant = (changed: Partial<Grant> = {}): Grant => ({
  clientId: 'report-generator',
  audience: ordersAudience,
  scopes: ['orders:read'],
  createdAt: now,
  updatedAt: now,
  ...changed,
})

export const aSigningKey = (changed: Partial<SigningKey> = {}): SigningKey => ({
  kid: 'key_1',
  algorithm: 'ES256',
  status: 'active',
  publicJwk: '{"kty":"EC"}',
  sealedPrivateKey: Uint8Array.of(0, 1, 254, 255),
  createdAt: now,
  activateAt: undefined,
  activatedAt: now,
  retiredAt: undefined,
  removeAt: undefined,
  ...changed,
})

export const aSealedKey = (changed: Partial<SealedKey> = {}): SealedKey => ({
  purpose: 'pepper',
  sealed: Uint8Array.of(0, 1, 254, 255),
  createdAt: now,
  ...changed,
})
