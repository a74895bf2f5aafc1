/** The resource server's side of OAuth 2.0: verifies access tokens and answers those who have none that will do. */
export type { VerifiedClaims } from '@credence/jwt'
export type { AccessToken } from './access_token.ts'
export { type Refusal, type RefusalCode, type RefusalError, refusalCodes } from './refusal.ts'
export type { RequestHeaders, ResourceRequest } from './request.ts'
export {
  type Accepted,
  createResourceServer,
  type ResourceServer,
  type ResourceServerOptions,
} from './resource_server.ts'
export type { ScopeRequirement } from './scope_requirement.ts'
export type { IssuerOptions } from './trusted_issuers.ts'
