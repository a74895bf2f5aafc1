/** A client's quota, and what last used a credential. */
import { sql } from 'kysely'
import type { Migration } from './migration.ts'

export const quotaAndUserAgent: Migration = {
  name: 'quota_and_user_agent',
  up: async (db, { ddl: { integer } }) => {
    const statements = [
      sql`alter table client add column quota_tokens_per_minute ${integer}`,
      sql`alter table client add column quota_mode text`,
      sql`alter table credential add column last_used_user_agent text`,
    ]
    for (const statement of statements) await statement.execute(db)
  },
}
