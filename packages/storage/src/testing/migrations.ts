/** A second migration, for tests. */
import { sql } from 'kysely'
import { migrations } from '../migrations/migrate.ts'
import type { Migration } from '../migrations/migration.ts'

/** The real migrations and one that adds a table, calls `midway`, and fills it. */
export const withSecond = (midway: () => Promise<void>): readonly Migration[] => [
  ...migrations,
  {
    name: 'second',
    up: async (db, { ddl }) => {
      await sql`create table second (id ${ddl.integer} not null primary key) ${ddl.tableEnd}`.execute(db)
      await midway()
      await sql`insert into second (id) values (1)`.execute(db)
    },
  },
]
