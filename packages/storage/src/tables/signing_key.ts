/** The table of signing keys, private halves sealed. */
import type { Kysely, Selectable, Transaction } from 'kysely'
import type { SigningAlgorithm, SigningKey, SigningKeyStatus } from '../model.ts'
import type { Session } from '../session.ts'
import type { KeyActivationTimes, SigningKeyStore } from '../signing_key_store.ts'
import { appendChange } from './change.ts'
import { orNull, orUndefined, ownBytes } from './columns.ts'
import { alreadyExists, notFound } from './refusal.ts'
import type { Schema } from './schema.ts'

export interface SigningKeyTable {
  kid: string
  algorithm: SigningAlgorithm
  status: SigningKeyStatus
  public_jwk: string
  sealed_private_key: Uint8Array
  created_at: number
  activated_at: number | null
  retired_at: number | null
  activate_at: number | null
  remove_at: number | null
}

/** All that a retired key has left of its private half. */
const erased = new Uint8Array()

export const createSigningKeyStore = (session: Session): SigningKeyStore => ({
  list: () =>
    session.read(async (db) => {
      const keys = db.selectFrom('signing_key').selectAll().orderBy('created_at').orderBy('kid')
      return (await keys.execute()).map(fromRow)
    }),

  createActive: (key) =>
    session.write(async (db) => {
      const active = await inStatus(db, key.algorithm, 'active')
      if (active !== undefined) return active
      return insert(db, { ...key, status: 'active' })
    }),

  publish: (key, activeKid) =>
    session.write(async (db) => {
      const active = await inStatus(db, key.algorithm, 'active')
      const published = await inStatus(db, key.algorithm, 'published')
      if (active?.kid !== activeKid || published !== undefined) return false
      await insert(db, { ...key, status: 'published' })
      return true
    }),

  activate: (kid, times) =>
    session.write(async (db) => {
      const key = await byKid(db, kid)
      const due = times.early === true || (key?.activateAt ?? Number.POSITIVE_INFINITY) <= times.activatedAt
      if (key?.status !== 'published' || !due) return undefined
      const retired = await retireActive(db, key.algorithm, times)
      return { activated: await makeActive(db, kid, times.activatedAt), retired }
    }),

  remove: (kid, now) =>
    session.write(async (db) => {
      const removed = await db
        .deleteFrom('signing_key')
        .where('kid', '=', kid)
        .where('status', '=', 'retired')
        .where('remove_at', '<=', now)
        .returning('kid')
        .executeTakeFirst()
      if (removed !== undefined) await appendChange(db, 'signing_key', kid)
      return removed !== undefined
    }),

  revoke: (kid, replacement) =>
    session.write(async (db) => {
      const row = await db.deleteFrom('signing_key').where('kid', '=', kid).returningAll().executeTakeFirst()
      if (row === undefined) throw notFound(`signing key ${kid}`)
      const revoked = fromRow(row)
      await appendChange(db, 'signing_key', kid)
      if (revoked.status !== 'active') return { revoked, activated: undefined }
      const published = await inStatus(db, revoked.algorithm, 'published')
      const activated =
        published === undefined
          ? await insert(db, { ...replacement, status: 'active' })
          : await makeActive(db, published.kid, replacement.createdAt)
      return { revoked, activated }
    }),

  reseal: (kid, sealedPrivateKey) =>
    session.write(async (db) => {
      await db
        .updateTable('signing_key')
        .set({ sealed_private_key: sealedPrivateKey })
        .where('kid', '=', kid)
        .where('status', '<>', 'retired')
        .execute()
    }),
})

const byKid = async (db: Kysely<Schema>, kid: string): Promise<SigningKey | undefined> => {
  const row = await db.selectFrom('signing_key').selectAll().where('kid', '=', kid).executeTakeFirst()
  return row && fromRow(row)
}

const inStatus = async (
  db: Kysely<Schema>,
  algorithm: SigningAlgorithm,
  status: SigningKeyStatus,
): Promise<SigningKey | undefined> => {
  const keys = db.selectFrom('signing_key').selectAll().where('algorithm', '=', algorithm).where('status', '=', status)
  const row = await keys.executeTakeFirst()
  return row && fromRow(row)
}

const insert = async (db: Transaction<Schema>, key: SigningKey): Promise<SigningKey> => {
  const inserted = await db
    .insertInto('signing_key')
    .values(toRow(key))
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
  if (inserted === undefined) throw alreadyExists(`signing key ${key.kid}`)
  await appendChange(db, 'signing_key', key.kid)
  return fromRow(inserted)
}

const makeActive = async (db: Transaction<Schema>, kid: string, activatedAt: number): Promise<SigningKey> => {
  const activated = await db
    .updateTable('signing_key')
    .set({ status: 'active', activated_at: activatedAt })
    .where('kid', '=', kid)
    .returningAll()
    .executeTakeFirstOrThrow()
  await appendChange(db, 'signing_key', kid)
  return fromRow(activated)
}

const retireActive = async (
  db: Transaction<Schema>,
  algorithm: SigningAlgorithm,
  { activatedAt, removeAt }: KeyActivationTimes,
): Promise<SigningKey | undefined> => {
  const retired = await db
    .updateTable('signing_key')
    .set({ status: 'retired', retired_at: activatedAt, remove_at: removeAt, sealed_private_key: erased })
    .where('algorithm', '=', algorithm)
    .where('status', '=', 'active')
    .returningAll()
    .executeTakeFirst()
  if (retired === undefined) return undefined
  await appendChange(db, 'signing_key', retired.kid)
  return fromRow(retired)
}

const fromRow = (row: Selectable<SigningKeyTable>): SigningKey => ({
  kid: row.kid,
  algorithm: row.algorithm,
  status: row.status,
  publicJwk: row.public_jwk,
  sealedPrivateKey: ownBytes(row.sealed_private_key),
  createdAt: row.created_at,
  activateAt: orUndefined(row.activate_at),
  activatedAt: orUndefined(row.activated_at),
  retiredAt: orUndefined(row.retired_at),
  removeAt: orUndefined(row.remove_at),
})

const toRow = (key: SigningKey): Selectable<SigningKeyTable> => ({
  kid: key.kid,
  algorithm: key.algorithm,
  status: key.status,
  public_jwk: key.publicJwk,
  sealed_private_key: key.sealedPrivateKey,
  created_at: key.createdAt,
  activate_at: orNull(key.activateAt),
  activated_at: orNull(key.activatedAt),
  retired_at: orNull(key.retiredAt),
  remove_at: orNull(key.removeAt),
})
