/** The tables, as Kysely knows them. Integers are times in epoch seconds or counts; lists are JSON text. */
import type { ApiTable } from './api.ts'
import type { ChangeCounterTable, ChangeTable } from './change.ts'
import type { ClientTable } from './client.ts'
import type { CredentialTable } from './credential.ts'
import type { GrantTable } from './grant.ts'
import type { SealedKeyTable } from './sealed_key.ts'
import type { SigningKeyTable } from './signing_key.ts'

export interface Schema {
  api: ApiTable
  client: ClientTable
  credential: CredentialTable
  grant: GrantTable
  signing_key: SigningKeyTable
  sealed_key: SealedKeyTable
  change: ChangeTable
  change_counter: ChangeCounterTable
  schema_migration: SchemaMigrationTable
}

export interface SchemaMigrationTable {
  version: number
  name: string
  applied_at: number
}
