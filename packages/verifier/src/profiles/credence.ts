/** Access tokens of Credence, and of every issuer that keeps to RFC 9068. */
import type { TokenProfile } from './token_profile.ts'

export const credence: TokenProfile = {
  name: 'credence',
  types: ['at+jwt'],
  relaxations: [],
  checkIssuer: () => {},
}
