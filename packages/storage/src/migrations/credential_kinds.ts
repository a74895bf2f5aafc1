/** Credentials other than secrets, tokens that are bound to a key, and what has been used once. */
import { sql } from 'kysely'
import type { Migration } from './migration.ts'

export const credentialKinds: Migration = {
  name: 'credential_kinds',
  up: async (db, { ddl: { key, integer, bytes, tableEnd } }) => {
    const statements = [
      sql`alter table credential add column sealed_secret ${bytes}`,
      sql`alter table credential add column material text`,
      sql`alter table client add column dpop_bound_access_tokens ${integer} not null default 0`,
      sql`alter table client add column certificate_bound_access_tokens ${integer} not null default 0`,
      sql`alter table client add column token_endpoint_audience ${integer} not null default 0`,
      sql`alter table api add column sender_constraint text not null default 'optional'`,
      sql`create table replay (
        entry ${key} not null primary key,
        expires_at ${integer} not null
      ) ${tableEnd}`,
      sql`create index replay_by_expiry on replay (expires_at)`,
    ]
    for (const statement of statements) await statement.execute(db)
  },
}
