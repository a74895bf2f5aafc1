/** Revocations, the form of an API's tokens, and what a client is the resource server of. */
import { sql } from 'kysely'
import type { Migration } from './migration.ts'

export const revocation: Migration = {
  name: 'revocation',
  up: async (db, { ddl: { key, integer, tableEnd } }) => {
    const statements = [
      sql`create table revocation (
        version ${integer} not null primary key,
        issuer ${key} not null,
        jti ${key},
        token_expires_at ${integer},
        client_id ${key},
        credential_id ${key},
        audience ${key},
        issued_before ${integer},
        created_at ${integer} not null,
        needed_until ${integer} not null,
        check ((jti is null) = (token_expires_at is null)),
        check ((jti is null) = (issued_before is not null))
      ) ${tableEnd}`,
      sql`create unique index revocation_of_token on revocation (jti, issuer)`,
      sql`create index revocation_by_need on revocation (needed_until)`,
      sql`alter table api add column token_format text not null default 'jwt'`,
      sql`alter table client add column serves text not null default '[]'`,
    ]
    for (const statement of statements) await statement.execute(db)
  },
}
