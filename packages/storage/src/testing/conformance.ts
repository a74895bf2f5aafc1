/** What every dialect must do: one suite, run against each. */
import { describe } from 'node:test'
import { describeApiAndKeyStores } from './conformance_apis_and_keys.ts'
import { describeChanges } from './conformance_changes.ts'
import { describeClientStores } from './conformance_clients.ts'
import { describeLifecycle } from './conformance_lifecycle.ts'
import { describeMigrations } from './conformance_migrations.ts'
import { describeRaces } from './conformance_races.ts'
import { describeTransactions } from './conformance_transactions.ts'
import type { CreateDatabase } from './test_database.ts'

export const describeConformance = (dialect: string, createDatabase: CreateDatabase): void => {
  describe(`the store on ${dialect}`, () => {
    describeApiAndKeyStores(createDatabase)
    describeClientStores(createDatabase)
    describeChanges(createDatabase)
    describeTransactions(createDatabase)
    describeRaces(createDatabase)
    describeLifecycle(createDatabase)
    describeMigrations(createDatabase)
  })
}
