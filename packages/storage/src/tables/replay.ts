/** The table of what has been used once. A row is inserted once, never updated, and deleted when it has expired. */
import { type Kysely, sql } from 'kysely'
import { longestClaimSeconds, type ReplayClaim, type ReplayStore } from '../replay_store.ts'
import type { Session } from '../session.ts'
import type { Schema } from './schema.ts'

export interface ReplayTable {
  entry: string
  expires_at: number
}

/** The row that says until when it matters that earlier ones may be missing. No claim is so short. */
const incomplete = 'incomplete'
/** How the one row begins that says which machine claims. It stays. */
const machinePrefix = 'machine '
const never = Number.MAX_SAFE_INTEGER

export const createReplayStore = (session: Session): ReplayStore => ({
  claim: async (claims) => {
    if (claims.length === 0) return []
    // Any number of processes may do this at once, and of two that insert the same key one does. In the order of the
    // keys, since each waits for the other's rows: in different orders they would wait for each other.
    const pairs = [...firstOfEach(claims)].sort(([one], [other]) => (one < other ? -1 : 1))
    const { rows } = await session.append((db) =>
      sql<{ entry: string }>`insert into replay (entry, expires_at) ${session.sql.pairs(JSON.stringify(pairs))}
        on conflict do nothing returning entry`.execute(db),
    )
    const claimed = new Set(rows.map(({ entry }) => entry))
    // Set.delete says whether it was there: the second claim of an entry finds it gone
    return claims.map(({ entry }) => claimed.delete(entry))
  },

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

  knownSince: () =>
    session.read(async (db) => {
      const row = await db.selectFrom('replay').select('expires_at').where('entry', '=', incomplete).executeTakeFirst()
      return row && row.expires_at - longestClaimSeconds
    }),

  noteMachine: (machine, now) =>
    session.write(async (db) => {
      const entry = `${machinePrefix}${machine}`
      const machines = db.selectFrom('replay').select('entry').where('entry', 'like', `${machinePrefix}%`)
      const [known] = await machines.execute()
      if (known?.entry === entry) return
      if (known !== undefined) await noteIncomplete(db, now)
      await db
        .deleteFrom('replay')
        .where('entry', '=', known?.entry ?? entry)
        .execute()
      await db.insertInto('replay').values({ entry, expires_at: never }).execute()
    }),
})

/** Says that what was claimed before `now` may be missing. */
export const noteIncomplete = async (db: Kysely<Schema>, now: number): Promise<void> => {
  await db.deleteFrom('replay').where('entry', '=', incomplete).execute()
  const row = { entry: incomplete, expires_at: Math.ceil(now) + longestClaimSeconds }
  await db.insertInto('replay').values(row).execute()
}

const firstOfEach = (claims: readonly ReplayClaim[]): ReadonlyMap<string, number> =>
  new Map(claims.toReversed().map(({ entry, expiresAt }) => [entry, Math.ceil(expiresAt)]))
