/** When a published key may sign and when a retired key leaves the set, in the rows, so that any replica can act on them. */
import { sql } from 'kysely'
import type { Migration } from './migration.ts'

export const signingKeyDeadlines: Migration = {
  name: 'signing_key_deadlines',
  up: async (db, { ddl: { integer } }) => {
    const statements = [
      sql`alter table signing_key add column activate_at ${integer}`,
      sql`alter table signing_key add column remove_at ${integer}`,
      sql`create unique index signing_key_published on signing_key (algorithm) where status = 'published'`,
    ]
    for (const statement of statements) await statement.execute(db)
  },
}
