/** The WWW-Authenticate value of a refusal: a challenge for each scheme that is accepted. RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1. */
import { formatChallenges } from '@credence/protocol'
import type { TokenScheme } from './read_credentials.ts'

/** What a resource server can ask for. */
export interface ChallengeOptions {
  readonly realm: string
  /** At least one, the one to be preferred first. */
  readonly schemes: readonly TokenScheme[]
  /** What DPoP proofs may be signed with. */
  readonly dpopAlgorithms: readonly string[]
  /** Where the document of RFC 9728 is. */
  readonly resourceMetadata: string | undefined
  /** A fresh nonce for the client's next DPoP proof; undefined where none is needed. */
  readonly dpopNonce: (() => string) | undefined
}

/** What is wrong, for the scheme that was used. */
export interface ChallengeFault {
  readonly error?: string
  readonly error_description?: string
  readonly scope?: string
}

/**
 * Formats one challenge for each scheme. The fault stands in that of the scheme the request used, or in the first.
 *
 * @see RFC 9449 §7.2, where a resource accepts both schemes
 */
export const formatTokenChallenges = (
  options: ChallengeOptions,
  fault: ChallengeFault,
  used: TokenScheme | undefined,
): string => {
  const faulty = used !== undefined && options.schemes.includes(used) ? used : options.schemes[0]
  const challenges = options.schemes.map((scheme) => ({
    scheme,
    // "The auth-scheme value [Bearer] MUST be followed by one or more auth-param values"
    parameters: {
      realm: options.realm,
      ...(scheme === faulty ? fault : {}),
      // "The REQUIRED "algs" parameter [...] a space-delimited list"
      ...(scheme === 'DPoP' ? { algs: options.dpopAlgorithms.join(' ') } : {}),
      ...(options.resourceMetadata === undefined ? {} : { resource_metadata: options.resourceMetadata }),
    },
  }))
  return formatChallenges(challenges)
}
