/** The resource server's side of OAuth 2.0: verifies access tokens and answers those who have none that will do. */
export {
  createMemoryReplayStore,
  type KeyFetchEvent,
  type KeySetSnapshot,
  type MemoryReplayStore,
  type MemoryReplayStoreOptions,
  type ReplayStore,
  type VerifiedClaims,
} from '@credence/jwt'
export type { ClientCertificateFormat } from '@credence/protocol'
export type { AccessToken } from './access_token.ts'
export type { CertificateHeaderOptions, MutualTlsOptions } from './binding/client_certificate.ts'
export type { DpopOptions, NonceOptions } from './binding/dpop.ts'
export type { SenderConstraintOptions } from './binding/sender_constraint.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './claims_schema.ts'
export type { IntrospectionAuthorization, IntrospectionOptions } from './introspection/introspection_options.ts'
export type { VerificationCounters } from './observability/observer.ts'
export { type VerifyEvent, verifyChannel } from './observability/verify_events.ts'
export { type CognitoOptions, cognito } from './profiles/cognito.ts'
export { type GoogleOptions, google } from './profiles/google.ts'
export type { ProfileName } from './profiles/resolve_profile.ts'
export type { Relaxation, TokenProfile } from './profiles/token_profile.ts'
export type { ResourceMetadata, ResourceMetadataOptions } from './protected_resource_metadata.ts'
export { type Refusal, type RefusalCode, type RefusalError, refusalCodes } from './refusal.ts'
export type { RequestHeaders, ResourceRequest } from './request.ts'
export {
  type Accepted,
  createResourceServer,
  type ResourceServer,
  type ResourceServerOptions,
  type ResourceServerStatus,
} from './resource_server.ts'
export { type FeedState, type FeedStatus, type RevocationEvent, revocationChannel } from './revocation/feed_events.ts'
export { type RevocationFeed, type RevocationFeedOptions, revocationFeed } from './revocation/revocation_feed.ts'
export type { IsRevoked, RevocableToken, RevocationOption, RevocationSource } from './revocation/revocation_source.ts'
export type { ScopeRequirement } from './scope_requirement.ts'
export type { IssuerOptions } from './trusted_issuers.ts'
export { keysChannel } from './trusted_issuers_diagnostics.ts'
