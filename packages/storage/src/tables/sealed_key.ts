/** The table of the server's own secret keys, sealed. */
import type { Selectable } from 'kysely'
import type { SealedKey } from '../model.ts'
import type { Session } from '../session.ts'
import type { SealedKeyStore } from '../stores.ts'
import { ownBytes } from './columns.ts'

export interface SealedKeyTable {
  purpose: string
  sealed: Uint8Array
  created_at: number
}

export const createSealedKeyStore = (session: Session): SealedKeyStore => ({
  list: () =>
    session.read(async (db) => {
      const keys = await db.selectFrom('sealed_key').selectAll().orderBy('purpose').execute()
      return keys.map(fromRow)
    }),

  createIfAbsent: (key) =>
    session.write(async (db) => {
      await db
        .insertInto('sealed_key')
        .values({ purpose: key.purpose, sealed: key.sealed, created_at: key.createdAt })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      const stored = db.selectFrom('sealed_key').selectAll().where('purpose', '=', key.purpose)
      return fromRow(await stored.executeTakeFirstOrThrow())
    }),

  reseal: (purpose, sealed) =>
    session.write(async (db) => {
      await db.updateTable('sealed_key').set({ sealed }).where('purpose', '=', purpose).execute()
    }),
})

const fromRow = (row: Selectable<SealedKeyTable>): SealedKey => ({
  purpose: row.purpose,
  sealed: ownBytes(row.sealed),
  createdAt: row.created_at,
})
