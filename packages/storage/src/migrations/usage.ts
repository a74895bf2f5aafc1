/** What is used and what is refused, by the hour; and when each granted scope was last used. */
import { sql } from 'kysely'
import type { Migration } from './migration.ts'

export const usage: Migration = {
  name: 'usage',
  up: async (db, { ddl: { key, integer, tableEnd } }) => {
    const statements = [
      sql`create table usage (
        client_id ${key} not null,
        hour ${integer} not null,
        credential_id ${key} not null,
        audience ${key} not null,
        scope ${key} not null,
        tokens ${integer} not null,
        primary key (client_id, hour, credential_id, audience, scope)
      ) ${tableEnd}`,
      sql`create index usage_by_hour on usage (hour)`,

      sql`create table scope_use (
        client_id ${key} not null,
        audience ${key} not null,
        scope ${key} not null,
        last_used_at ${integer} not null,
        primary key (client_id, audience, scope)
      ) ${tableEnd}`,
      sql`create index scope_use_by_time on scope_use (last_used_at)`,

      sql`create table refused_request (
        client_id ${key} not null,
        hour ${integer} not null,
        reason ${key} not null,
        remote_address ${key} not null,
        requests ${integer} not null,
        primary key (client_id, hour, reason, remote_address)
      ) ${tableEnd}`,
      sql`create index refused_request_by_hour on refused_request (hour)`,
    ]
    for (const statement of statements) await statement.execute(db)
  },
}
