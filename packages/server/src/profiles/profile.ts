/** A profile: what the server does without, because a standard for a field says so. */
import type { SignatureAlgorithm } from '@credence/jwt'
import type { TokenEndpointAuthMethod } from '@credence/storage'

export interface Profile {
  /** What people call it. */
  readonly title: string
  /** Every client authenticates by one of these. */
  readonly clientAuthMethods: readonly TokenEndpointAuthMethod[]
  /** Every JWT is signed with one of these, whoever made it. */
  readonly algorithms: readonly SignatureAlgorithm[]
  /** An assertion names the issuer as its audience, and nothing else. */
  readonly issuerAudienceOnly: boolean
  /** There are no bearer tokens. */
  readonly boundTokensOnly: boolean
}
