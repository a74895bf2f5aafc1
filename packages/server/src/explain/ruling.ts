/** What one rule of the token endpoint says of a request. RFC 6749 §5.2. */
import type { OAuthErrorCode } from '@credence/protocol'

/** allows: nothing stands against it here. depends: on what is sent with the request, or on what came before it. */
export type Verdict = 'allows' | 'refuses' | 'depends'

export interface Ruling {
  readonly rule: 'client' | 'credentials' | 'target' | 'scope' | 'lifetime' | 'profile' | 'sender_constraint' | 'quota'
  readonly verdict: Verdict
  /** For people. */
  readonly because: string
  /** What the token endpoint would answer. */
  readonly error?: OAuthErrorCode
}
