/** The table of what has been used once. A row is inserted once, never updated, and deleted when it has expired. */
import { sql } from 'kysely'
import type { ReplayClaim, ReplayStore } from '../replay_store.ts'
import type { Session } from '../session.ts'

export interface ReplayTable {
  entry: string
  expires_at: number
}

/** Two parameters each: far below the 32,766 of SQLite and the 65,535 of PostgreSQL. */
const claimsPerStatement = 1_000

export const createReplayStore = (session: Session): ReplayStore => ({
  claim: (claims) =>
    session.write(async (db) => {
      const claimed = new Set<string>()
      const wanted = [...firstOfEach(claims).values()]
      for (let start = 0; start < wanted.length; start += claimsPerStatement) {
        const rows = wanted.slice(start, start + claimsPerStatement)
        const inserted = await db
          .insertInto('replay')
          .values(rows.map(({ entry, expiresAt }) => ({ entry, expires_at: expiresAt })))
          .onConflict((conflict) => conflict.doNothing())
          .returning('entry')
          .execute()
        for (const { entry } of inserted) claimed.add(entry)
      }
      // Set.delete says whether it was there: the second claim of an entry finds it gone
      return claims.map(({ entry }) => claimed.delete(entry))
    }),

  deleteExpired: (now, limit) =>
    session.write(async (db) => {
      const expired = db.selectFrom('replay').select('entry').where('expires_at', '<=', now)
      const deleted = db.deleteFrom('replay').where('entry', 'in', expired.orderBy('expires_at').limit(limit))
      return Number((await deleted.executeTakeFirst()).numDeletedRows)
    }),

  count: () =>
    session.read(async (db) => {
      const row = await db.selectFrom('replay').select(sql<number>`count(*)`.as('entries')).executeTakeFirst()
      return Number(row?.entries ?? 0)
    }),
})

const firstOfEach = (claims: readonly ReplayClaim[]): ReadonlyMap<string, ReplayClaim> =>
  new Map(claims.toReversed().map((claim) => [claim.entry, claim]))
