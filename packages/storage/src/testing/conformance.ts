/** What every dialect must do: one suite, run against each. */
import { describe } from 'node:test'
import { describeApiAndKeyStores } from './conformance_apis_and_keys.ts'
import { describeAudit } from './conformance_audit.ts'
import { describeBackup } from './conformance_backup.ts'
import { describeChanges } from './conformance_changes.ts'
import { describeClientStores } from './conformance_clients.ts'
import { describeDeclarations } from './conformance_declarations.ts'
import { describeLifecycle } from './conformance_lifecycle.ts'
import { describeMigrations } from './conformance_migrations.ts'
import { describeRaces } from './conformance_races.ts'
import { describeReplays } from './conformance_replays.ts'
import { describeRevocations } from './conformance_revocations.ts'
import { describeSigningKeyStore } from './conformance_signing_keys.ts'
import { describeTransactions } from './conformance_transactions.ts'
import { describeUsage } from './conformance_usage.ts'
import type { CreateDatabase } from './test_database.ts'

export const describeConformance = (dialect: string, createDatabase: CreateDatabase): void => {
  describe(`the store on ${dialect}`, () => {
    describeApiAndKeyStores(createDatabase)
    describeSigningKeyStore(createDatabase)
    describeClientStores(createDatabase)
    describeChanges(createDatabase)
    describeAudit(createDatabase)
    describeBackup(createDatabase)
    describeReplays(createDatabase)
    describeRevocations(createDatabase)
    describeTransactions(createDatabase)
    describeDeclarations(createDatabase)
    describeRaces(createDatabase)
    describeLifecycle(createDatabase)
    describeMigrations(createDatabase)
    describeUsage(createDatabase)
  })
}
