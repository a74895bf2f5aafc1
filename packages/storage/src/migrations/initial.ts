/** Schema version 1: the tables of the first release. */
import { sql } from 'kysely'
import type { Migration } from './migration.ts'

export const initial: Migration = {
  name: 'initial',
  up: async (db, { ddl: { key, integer, bytes, tableEnd } }) => {
    const statements = [
      sql`create table api (
        audience ${key} not null primary key,
        id text not null unique,
        scopes text not null,
        token_ttl_seconds ${integer} not null,
        signing_algorithm text not null,
        created_at ${integer} not null,
        updated_at ${integer} not null,
        revision ${integer} not null
      ) ${tableEnd}`,

      sql`create table client (
        client_id ${key} not null primary key,
        name text,
        token_endpoint_auth_method text,
        token_ttl_seconds ${integer},
        default_scope text,
        disabled ${integer} not null,
        created_at ${integer} not null,
        updated_at ${integer} not null,
        revision ${integer} not null
      ) ${tableEnd}`,

      sql`create table credential (
        credential_id ${key} not null primary key,
        client_id ${key} not null references client (client_id),
        kind text not null,
        label text,
        secret_digest ${bytes} not null,
        created_at ${integer} not null,
        expires_at ${integer},
        revoked_at ${integer},
        last_used_at ${integer},
        last_used_from text
      ) ${tableEnd}`,
      sql`create index credential_by_client on credential (client_id, credential_id)`,

      sql`create table "grant" (
        client_id ${key} not null references client (client_id),
        audience ${key} not null references api (audience),
        scopes text not null,
        created_at ${integer} not null,
        updated_at ${integer} not null,
        primary key (client_id, audience)
      ) ${tableEnd}`,
      sql`create index grant_by_audience on "grant" (audience)`,

      sql`create table signing_key (
        kid ${key} not null primary key,
        algorithm text not null,
        status text not null,
        public_jwk text not null,
        sealed_private_key ${bytes} not null,
        created_at ${integer} not null,
        activated_at ${integer},
        retired_at ${integer}
      ) ${tableEnd}`,
      sql`create unique index signing_key_active on signing_key (algorithm) where status = 'active'`,

      sql`create table sealed_key (
        purpose ${key} not null primary key,
        sealed ${bytes} not null,
        created_at ${integer} not null
      ) ${tableEnd}`,

      sql`create table change (
        version ${integer} not null primary key,
        subject text not null,
        key text not null
      ) ${tableEnd}`,
      sql`create table change_counter (
        id ${integer} not null primary key check (id = 1),
        version ${integer} not null
      ) ${tableEnd}`,
      sql`insert into change_counter (id, version) values (1, 0)`,
    ]
    for (const statement of statements) await statement.execute(db)
  },
}
