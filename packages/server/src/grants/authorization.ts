/** What a grant decides: everything that a token will say, and no token yet. */
import type { Api } from '@credence/storage'

export interface Authorization {
  readonly clientId: string
  /** Which credential asked, so that the tokens of one credential can be told apart. */
  readonly credentialId: string
  readonly api: Api
  readonly scope: readonly string[]
  readonly ttlSeconds: number
}
