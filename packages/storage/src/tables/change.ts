/** The change log: what directories of other processes learn from that something they keep is stale. */
import type { Transaction } from 'kysely'
import type { Change } from '../model.ts'
import type { Session } from '../session.ts'
import type { ChangeLog } from '../stores.ts'
import type { Schema } from './schema.ts'

export interface ChangeTable {
  version: number
  subject: Change['subject']
  key: string
}

/** One row. Whoever has updated it keeps every other writer waiting until its transaction ends. */
export interface ChangeCounterTable {
  id: number
  version: number
}

/** The newest this many changes are kept. A reader that is further behind has to read everything anew. */
export const keptChanges = 10_000

/** Appends a change in the transaction of what it is about. Returns its version. */
export const appendChange = async (
  db: Transaction<Schema>,
  subject: Change['subject'],
  key: string,
): Promise<number> => {
  const { version } = await db
    .updateTable('change_counter')
    .set((row) => ({ version: row('version', '+', 1) }))
    .returning('version')
    .executeTakeFirstOrThrow()
  await db.insertInto('change').values({ version, subject, key }).execute()
  await db
    .deleteFrom('change')
    .where('version', '<=', version - keptChanges)
    .execute()
  return version
}

export const createChangeLog = (session: Session): ChangeLog => ({
  latest: () =>
    session.read(async (db) => {
      const counter = await db.selectFrom('change_counter').select('version').executeTakeFirstOrThrow()
      return counter.version
    }),

  since: (version, limit) =>
    session.read(async (db) => {
      const rows = await db
        .selectFrom('change_counter')
        .leftJoin('change', (join) => join.on('change.version', '>', version))
        .select(['change_counter.version as latest', 'change.version', 'change.subject', 'change.key'])
        .orderBy('change.version')
        .limit(limit)
        .execute()
      const changes = rows.flatMap(({ version, subject, key }) =>
        version === null || subject === null || key === null ? [] : [{ version, subject, key }],
      )
      // Versions follow each other without a gap, so a first one that is not the next says that some were dropped; and
      // where there is none, the reader is at the newest, or ahead of a database that was restored.
      const complete = changes[0] === undefined ? rows[0]?.latest === version : changes[0].version === version + 1
      return complete ? changes : undefined
    }),
})
