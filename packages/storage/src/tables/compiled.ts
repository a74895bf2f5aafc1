/** Queries of the token path are compiled once: building and compiling one costs more than running it does. */
import type { CompiledQuery } from 'kysely'

/** The same query for another key, where the key is its only parameter. */
export const forKey = <Row>(query: CompiledQuery<Row>, key: string): CompiledQuery<Row> => ({
  ...query,
  parameters: [key],
})
