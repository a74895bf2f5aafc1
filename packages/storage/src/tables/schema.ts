/** The tables, as Kysely knows them. Integers are times in epoch seconds or counts; lists are JSON text. */
import type { ApiTable } from './api.ts'
import type { AuditCheckpointTable, AuditEventTable } from './audit_event.ts'
import type { AuditSinkTable } from './audit_sink.ts'
import type { ChangeCounterTable, ChangeTable } from './change.ts'
import type { ClientTable } from './client.ts'
import type { CredentialTable } from './credential.ts'
import type { DeclaredApiTable, DeclaredClientTable } from './declaration.ts'
import type { GrantTable } from './grant.ts'
import type { ReplayTable } from './replay.ts'
import type { RevocationTable } from './revocation.ts'
import type { SealedKeyTable } from './sealed_key.ts'
import type { SigningKeyTable } from './signing_key.ts'
import type { RefusedRequestTable, ScopeUseTable, UsageTable } from './usage.ts'

export interface Schema {
  api: ApiTable
  client: ClientTable
  credential: CredentialTable
  grant: GrantTable
  signing_key: SigningKeyTable
  sealed_key: SealedKeyTable
  replay: ReplayTable
  revocation: RevocationTable
  change: ChangeTable
  change_counter: ChangeCounterTable
  declared_api: DeclaredApiTable
  declared_client: DeclaredClientTable
  audit_event: AuditEventTable
  audit_checkpoint: AuditCheckpointTable
  audit_sink: AuditSinkTable
  usage: UsageTable
  scope_use: ScopeUseTable
  refused_request: RefusedRequestTable
  schema_migration: SchemaMigrationTable
}

export interface SchemaMigrationTable {
  version: number
  name: string
  applied_at: number
}
