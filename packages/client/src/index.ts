/** Gets, caches, renews and attaches OAuth 2.0 access tokens for services. */
export type { AccessToken } from './access_token.ts'
export { type ClientAuth, clientSecretBasic, clientSecretPost, type SecretSource } from './client_auth.ts'
export type { TokenManagerOptions } from './configuration.ts'
export { TokenError, type TokenErrorCode, tokenErrorCodes } from './token_error.ts'
export { createTokenManager, type GetTokenOptions, type TokenManager } from './token_manager.ts'
export type { TokenParameters } from './token_target.ts'
