/** Marks of what a declarative file has declared. A mark is deleted with what it marks. */
import { sql } from 'kysely'
import type { Migration } from './migration.ts'

export const declarations: Migration = {
  name: 'declarations',
  up: async (db, { ddl: { key, tableEnd } }) => {
    await sql`create table declared_api (
      audience ${key} not null primary key references api (audience) on delete cascade
    ) ${tableEnd}`.execute(db)
    await sql`create table declared_client (
      client_id ${key} not null primary key references client (client_id) on delete cascade
    ) ${tableEnd}`.execute(db)
  },
}
