/** The tables of a database, as it has them itself, so that none is forgotten. */
import type { Kysely } from 'kysely'
import type { Schema } from '../tables/schema.ts'

/** Of which a backup would be out of date at once: what was used since it was made is refused in another way. */
export const notBackedUp: keyof Schema = 'replay'

/** What others refer to comes before what refers to it. */
const first = ['api', 'client', 'credential']

/** In an order in which they can be filled; without the one that says which migrations there were. */
export const listTables = async (db: Kysely<Schema>): Promise<readonly (keyof Schema)[]> => {
  const tables = (await db.introspection.getTables()).filter(({ isView }) => !isView).map(({ name }) => name)
  const rank = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length)
  return (
    tables
      // whatever tables there are, Schema has
      .filter((name): name is keyof Schema => name !== 'schema_migration')
      .sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
  )
}
