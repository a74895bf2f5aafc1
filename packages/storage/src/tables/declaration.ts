/** The tables of marks: what a declarative file has said something about. */
import type { Transaction } from 'kysely'
import type { DeclarationStore } from '../declaration_store.ts'
import type { Session } from '../session.ts'
import { notFound } from './refusal.ts'
import type { Schema } from './schema.ts'

export interface DeclaredApiTable {
  audience: string
}

export interface DeclaredClientTable {
  client_id: string
}

/** A statement has at most so many parameters. */
const batch = 500

export const createDeclarationStore = (session: Session): DeclarationStore => ({
  list: () =>
    session.read(async (db) => {
      const apis = await db.selectFrom('declared_api').select('audience').orderBy('audience').execute()
      const clients = await db.selectFrom('declared_client').select('client_id').orderBy('client_id').execute()
      return { apis: apis.map(({ audience }) => audience), clients: clients.map(({ client_id }) => client_id) }
    }),

  add: ({ apis, clients }) =>
    session.write(async (db) => {
      for (const audiences of batchesOf(apis)) await addApis(db, audiences)
      for (const clientIds of batchesOf(clients)) await addClients(db, clientIds)
    }),
})

const addApis = async (db: Transaction<Schema>, audiences: readonly string[]) => {
  const stored = await db.selectFrom('api').select('audience').where('audience', 'in', audiences).execute()
  checkAllStored('API', audiences, new Set(stored.map(({ audience }) => audience)))
  await db
    .insertInto('declared_api')
    .values(audiences.map((audience) => ({ audience })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

const addClients = async (db: Transaction<Schema>, clientIds: readonly string[]) => {
  const stored = await db.selectFrom('client').select('client_id').where('client_id', 'in', clientIds).execute()
  checkAllStored('client', clientIds, new Set(stored.map(({ client_id }) => client_id)))
  await db
    .insertInto('declared_client')
    .values(clientIds.map((client_id) => ({ client_id })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** @throws {StoreError} `not_found` */
const checkAllStored = (kind: string, keys: readonly string[], stored: ReadonlySet<string>): void => {
  const missing = keys.find((key) => !stored.has(key))
  if (missing !== undefined) throw notFound(`${kind} ${missing}`)
}

const batchesOf = (keys: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(keys.length / batch) }, (_, index) => keys.slice(index * batch, (index + 1) * batch))
