/** The table of grants: client × API → scopes. */
import type { Selectable } from 'kysely'
import type { Grant } from '../model.ts'
import type { Session } from '../session.ts'
import type { GrantStore } from '../stores.ts'
import { appendChange } from './change.ts'
import { formatList, parseList } from './columns.ts'
import { notFound } from './refusal.ts'

export interface GrantTable {
  client_id: string
  audience: string
  scopes: string
  created_at: number
  updated_at: number
}

export const createGrantStore = (session: Session): GrantStore => ({
  find: (clientId, audience) =>
    session.read(async (db) => {
      const row = await db
        .selectFrom('grant')
        .selectAll()
        .where('client_id', '=', clientId)
        .where('audience', '=', audience)
        .executeTakeFirst()
      return row && grantFromRow(row)
    }),

  listByClient: (clientId) =>
    session.read(async (db) => {
      const grants = db.selectFrom('grant').selectAll().where('client_id', '=', clientId).orderBy('audience')
      return (await grants.execute()).map(grantFromRow)
    }),

  set: (grant) =>
    session.write(async (db) => {
      const client = db.selectFrom('client').select('client_id').where('client_id', '=', grant.clientId)
      if ((await client.executeTakeFirst()) === undefined) throw notFound(`client ${grant.clientId}`)
      const api = db.selectFrom('api').select('audience').where('audience', '=', grant.audience)
      if ((await api.executeTakeFirst()) === undefined) throw notFound(`API ${grant.audience}`)
      const { scopes, updated_at } = toRow(grant)
      await db
        .insertInto('grant')
        .values(toRow(grant))
        .onConflict((conflict) => conflict.columns(['client_id', 'audience']).doUpdateSet({ scopes, updated_at }))
        .execute()
      await appendChange(db, 'client', grant.clientId)
    }),

  delete: (clientId, audience) =>
    session.write(async (db) => {
      const deleted = await db
        .deleteFrom('grant')
        .where('client_id', '=', clientId)
        .where('audience', '=', audience)
        .returning('client_id')
        .executeTakeFirst()
      if (deleted !== undefined) await appendChange(db, 'client', clientId)
      return deleted !== undefined
    }),
})

export const grantFromRow = (row: Selectable<GrantTable>): Grant => ({
  clientId: row.client_id,
  audience: row.audience,
  scopes: parseList(row.scopes),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const toRow = (grant: Grant): Selectable<GrantTable> => ({
  client_id: grant.clientId,
  audience: grant.audience,
  scopes: formatList(grant.scopes),
  created_at: grant.createdAt,
  updated_at: grant.updatedAt,
})
