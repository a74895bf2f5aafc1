/** The table of signing keys, private halves sealed. */
import type { Selectable } from 'kysely'
import type { SigningAlgorithm, SigningKey, SigningKeyStatus } from '../model.ts'
import type { Session } from '../session.ts'
import type { SigningKeyStore } from '../stores.ts'
import { appendChange } from './change.ts'
import { orNull, orUndefined, ownBytes } from './columns.ts'
import { alreadyExists } from './refusal.ts'

export interface SigningKeyTable {
  kid: string
  algorithm: SigningAlgorithm
  status: SigningKeyStatus
  public_jwk: string
  sealed_private_key: Uint8Array
  created_at: number
  activated_at: number | null
  retired_at: number | null
}

export const createSigningKeyStore = (session: Session): SigningKeyStore => ({
  list: () =>
    session.read(async (db) => {
      const keys = db.selectFrom('signing_key').selectAll().orderBy('created_at').orderBy('kid')
      return (await keys.execute()).map(fromRow)
    }),

  createActive: (key) =>
    session.write(async (db) => {
      const active = await db
        .selectFrom('signing_key')
        .selectAll()
        .where('algorithm', '=', key.algorithm)
        .where('status', '=', 'active')
        .executeTakeFirst()
      if (active !== undefined) return fromRow(active)
      const inserted = await db
        .insertInto('signing_key')
        .values({ ...toRow(key), status: 'active' })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst()
      if (inserted === undefined) throw alreadyExists(`signing key ${key.kid}`)
      await appendChange(db, 'signing_key', key.kid)
      return fromRow(inserted)
    }),
})

const fromRow = (row: Selectable<SigningKeyTable>): SigningKey => ({
  kid: row.kid,
  algorithm: row.algorithm,
  status: row.status,
  publicJwk: row.public_jwk,
  sealedPrivateKey: ownBytes(row.sealed_private_key),
  createdAt: row.created_at,
  activatedAt: orUndefined(row.activated_at),
  retiredAt: orUndefined(row.retired_at),
})

const toRow = (key: SigningKey): Selectable<SigningKeyTable> => ({
  kid: key.kid,
  algorithm: key.algorithm,
  status: key.status,
  public_jwk: key.publicJwk,
  sealed_private_key: key.sealedPrivateKey,
  created_at: key.createdAt,
  activated_at: orNull(key.activatedAt),
  retired_at: orNull(key.retiredAt),
})
