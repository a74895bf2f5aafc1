/** What the routes of the management API work with. */
import type { Clock, Randomness } from '@credence/protocol'
import type { Storage } from '@credence/storage'
import type { AuditKey } from '../audit/audit_seal.ts'
import type { SecretDigester } from '../client_auth/secrets/client_secret.ts'
import type { ClientSecretSealer } from '../client_auth/secrets/sealed_client_secret.ts'
import type { ApplyDeclaration } from '../declarative/apply_declaration.ts'
import type { Explain } from '../explain/explain_request.ts'
import type { Findings } from '../findings/findings.ts'
import type { Sealer } from '../key_material/sealing.ts'
import type { ReadIssuedToken } from '../minting/read_issued_token.ts'
import type { LiveRevocations } from '../revocation/live_revocations.ts'
import type { Administer } from './administer.ts'
import type { PageCursors } from './page_cursor.ts'

export interface AdminDeps {
  /** For reading. Everything that writes goes through {@link administer}. */
  readonly storage: Storage
  readonly administer: Administer
  readonly applyDeclaration: ApplyDeclaration
  readonly auditKey: AuditKey
  readonly digester: SecretDigester
  /** For the secrets of clients that are registered for client_secret_jwt, and of no others. */
  readonly clientSecrets: Pick<ClientSecretSealer, 'seal'>
  /** Whether a jwks_uri and a federated issuer may be on loopback and private networks. */
  readonly allowPrivateAddresses: boolean
  /** Writes the last uses noted in this process, so that what is shown is not ten seconds old. */
  readonly flushUses: () => Promise<void>
  /** The same for usage. */
  readonly flushUsage: () => Promise<void>
  readonly findings: Findings
  readonly explain: Explain
  readonly cursors: PageCursors
  readonly clock: Clock
  readonly randomness: Randomness
  /** Seals the private keys that are made here. */
  readonly sealer: Sealer
  readonly server: ServerDescription
  readonly readIssuedToken: ReadIssuedToken
  readonly liveRevocations: Pick<LiveRevocations, 'size'>
}

/** What a caller of the management API may want to know of the server behind it. Wire names. */
export interface ServerDescription {
  readonly issuer: string
  readonly token_endpoint: string
  readonly version: string
}
