/** What the routes of the management API work with. */
import type { Clock, Randomness } from '@credence/protocol'
import type { Storage } from '@credence/storage'
import type { SecretDigester } from '../client_auth/client_secret.ts'
import type { PageCursors } from './page_cursor.ts'

export interface AdminDeps {
  readonly storage: Storage
  readonly digester: SecretDigester
  readonly cursors: PageCursors
  readonly clock: Clock
  readonly randomness: Randomness
  readonly server: ServerDescription
}

/** What a caller of the management API may want to know of the server behind it. Wire names. */
export interface ServerDescription {
  readonly issuer: string
  readonly token_endpoint: string
  readonly version: string
}
