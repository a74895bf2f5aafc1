/** Gets, caches, renews and attaches OAuth 2.0 access tokens for services. */
export type { AccessToken } from './access_token.ts'
export type { Authorize, AuthorizedRequest, OutgoingRequest, ResourceAnswer } from './attaching/authorize_request.ts'
export type { DPoPOptions } from './attaching/dpop.ts'
export type { TokenParameters } from './cache/token_target.ts'
export type { AssertionKey, SignBytes } from './client_auth/assertion.ts'
export type { AuthAttempt, ClientAuth, SecretHooks } from './client_auth/client_auth.ts'
export { type ClientSecretBasicOptions, clientSecretBasic } from './client_auth/client_secret_basic.ts'
export { clientSecretPost } from './client_auth/client_secret_post.ts'
export { type FederatedOptions, federated, type PlatformTokenSource } from './client_auth/federated.ts'
export { type GitHubActionsTokenOptions, gitHubActionsToken } from './client_auth/github_actions.ts'
export { type PrivateKeyJwtOptions, privateKeyJwt } from './client_auth/private_key_jwt.ts'
export type { PrivateKeyInput, SigningAlg } from './client_auth/signing_key.ts'
export { tlsClientAuth } from './client_auth/tls_client_auth.ts'
export type { TokenManagerOptions } from './configuration.ts'
export type {
  BreakerEvent,
  BreakerState,
  CacheEvent,
  OnEvent,
  RenewalEvent,
  RequestEvent,
  SharedCacheEvent,
  TokenManagerEvent,
} from './events.ts'
export type { Grant, GrantRequest } from './grants/grant.ts'
export { type JwtBearerGrantOptions, jwtBearerGrant } from './grants/jwt_bearer.ts'
export type { ManagedRotationOptions, SecretSink } from './managed_rotation.ts'
export type { BreakerStatus } from './requests/breaker.ts'
export type { ProviderAnswer, TranslateAnswer } from './requests/provider_answer.ts'
export { type AwsSecretOptions, awsSecret, type GetSecretValue } from './secret_sources/aws_secrets_manager.ts'
export { type AzureSecretOptions, azureSecret } from './secret_sources/azure_key_vault.ts'
export { environmentSecret } from './secret_sources/environment.ts'
export type { Secret, SecretSource, SecretStore } from './secret_sources/secret_source.ts'
export { createSecretStore, type SecretStoreOptions } from './secret_sources/secret_store.ts'
export { type VaultSecretOptions, vaultSecret } from './secret_sources/vault_kv.ts'
export type { SealingKey } from './shared_cache/seal.ts'
export { type SealedCacheOptions, sealedCache } from './shared_cache/sealed_cache.ts'
export type { SharedCache, SharedStore, SharedStoreSetOptions } from './shared_cache/shared_cache.ts'
export type { TokenManagerStatus } from './status.ts'
export { TokenError, type TokenErrorCode, tokenErrorCodes } from './token_error.ts'
export { createTokenManager, type GetTokenOptions, type TokenManager } from './token_manager.ts'
