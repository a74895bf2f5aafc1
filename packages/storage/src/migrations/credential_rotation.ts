/** Managed rotation: whether a client may replace its own credentials, and what a credential replaces. */
import { sql } from 'kysely'
import type { Migration } from './migration.ts'

export const credentialRotation: Migration = {
  name: 'credential_rotation',
  up: async (db, { ddl: { integer } }) => {
    const statements = [
      sql`alter table client add column managed_rotation_overlap_seconds ${integer}`,
      sql`alter table credential add column lifetime_seconds ${integer}`,
      sql`alter table credential add column replaces text`,
      sql`update credential set lifetime_seconds = expires_at - created_at`,
    ]
    for (const statement of statements) await statement.execute(db)
  },
}
