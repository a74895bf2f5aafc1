/** The audit log: records in a hash chain, and signed checkpoints. */
import { sql } from 'kysely'
import type { Migration } from './migration.ts'

export const audit: Migration = {
  name: 'audit',
  up: async (db, { ddl: { key, integer, tableEnd } }) => {
    const statements = [
      sql`create table audit_event (
        seq ${integer} not null primary key,
        at ${integer} not null,
        action ${key} not null,
        subject ${key} not null,
        actor ${key} not null,
        credential_id text,
        address text,
        outcome text not null,
        details text not null,
        hash text not null
      ) ${tableEnd}`,
      sql`create index audit_event_by_time on audit_event (at)`,
      sql`create index audit_event_by_subject on audit_event (subject, seq)`,
      sql`create index audit_event_by_actor on audit_event (actor, seq)`,
      sql`create table audit_checkpoint (
        seq ${integer} not null primary key,
        hash text not null,
        at ${integer} not null,
        signature text not null
      ) ${tableEnd}`,
      // how far each sink has been sent the log, and which process is at it
      sql`create table audit_sink (
        name ${key} not null primary key,
        seq ${integer} not null,
        holder text not null,
        held_until ${integer} not null
      ) ${tableEnd}`,
    ]
    for (const statement of statements) await statement.execute(db)
  },
}
