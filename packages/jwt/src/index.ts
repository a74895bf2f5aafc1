/** Strict JWS signing and verification, key sets, and RFC 9068 access tokens. */
export * from './access_token.ts'
export * from './algorithms.ts'
export * from './certificate_thumbprint.ts'
export * from './client_assertion.ts'
export { type DecodedJws, decodeCompactJws, type JoseHeader, maxTokenLength } from './compact_jws.ts'
export * from './dpop_error.ts'
export * from './dpop_nonce.ts'
export * from './dpop_proof.ts'
export * from './guarded_fetch.ts'
export {
  createGuardedRequest,
  type GuardedAnswer,
  type GuardedCall,
  type SendGuarded,
  UnexpectedStatus,
} from './guarded_request.ts'
export { discoverIntrospectionEndpoint } from './issuer_metadata.ts'
export * from './jwk.ts'
export { jwkThumbprint } from './jwk_thumbprint.ts'
export { JwtError, type JwtErrorCode, jwtErrorCodes, quoteForMessage } from './jwt_error.ts'
export { createLocalKeySet, type KeySet, type ParsedKeySet, parseKeySet, type SkippedKey } from './key_set.ts'
export type { KeySetSnapshot } from './key_set_snapshot.ts'
export { checkUrlWithinReach, type NetworkReach, type ResolveName } from './network_guard.ts'
export * from './platform_token.ts'
export * from './remote_key_set.ts'
export * from './replay.ts'
export * from './sign_compact.ts'
export * from './signer.ts'
export * from './spiffe_bundle.ts'
export { isJsonObject, type JsonObject, parseJsonObject } from './strict_json.ts'
export { normalizeTargetUri } from './target_uri.ts'
export { importVerificationKey, type VerificationKey } from './verification_key.ts'
