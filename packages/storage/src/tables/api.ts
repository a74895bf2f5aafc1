/** The table of protected resources. */
import type { Selectable } from 'kysely'
import type { Api, SenderConstraint, SigningAlgorithm, TokenFormat } from '../model.ts'
import type { Session } from '../session.ts'
import { StoreError } from '../store_error.ts'
import type { ApiStore } from '../stores.ts'
import { appendChange } from './change.ts'
import { stopServing } from './client.ts'
import { formatList, parseList } from './columns.ts'
import { alreadyExists, updateRefusal } from './refusal.ts'

export interface ApiTable {
  audience: string
  id: string
  scopes: string
  token_ttl_seconds: number
  signing_algorithm: SigningAlgorithm
  token_format: TokenFormat
  sender_constraint: SenderConstraint
  created_at: number
  updated_at: number
  revision: number
}

export const createApiStore = (session: Session): ApiStore => ({
  find: (audience) =>
    session.read(async (db) => {
      const row = await db.selectFrom('api').selectAll().where('audience', '=', audience).executeTakeFirst()
      return row && fromRow(row)
    }),

  list: ({ after = '', limit }) =>
    session.read(async (db) => {
      const page = db.selectFrom('api').selectAll().where('audience', '>', after).orderBy('audience').limit(limit)
      return (await page.execute()).map(fromRow)
    }),

  create: (api) =>
    session.write(async (db) => {
      const inserted = await db
        .insertInto('api')
        .values(toRow(api))
        .onConflict((conflict) => conflict.doNothing())
        .returning('audience')
        .executeTakeFirst()
      if (inserted === undefined) throw alreadyExists(`API ${api.audience}`)
      await appendChange(db, 'api', api.audience)
    }),

  update: (api, expectedRevision) =>
    session.write(async (db) => {
      const { scopes, token_ttl_seconds, signing_algorithm, token_format, sender_constraint, updated_at } = toRow(api)
      const updated = await db
        .updateTable('api')
        .set((row) => ({
          scopes,
          token_ttl_seconds,
          signing_algorithm,
          token_format,
          sender_constraint,
          updated_at,
          revision: row('revision', '+', 1),
        }))
        .where('audience', '=', api.audience)
        .$if(expectedRevision !== undefined, (query) => query.where('revision', '=', expectedRevision ?? 0))
        .returningAll()
        .executeTakeFirst()
      if (updated === undefined) {
        const stored = db.selectFrom('api').select('revision').where('audience', '=', api.audience)
        throw updateRefusal(`API ${api.audience}`, await stored.executeTakeFirst())
      }
      await appendChange(db, 'api', api.audience)
      return fromRow(updated)
    }),

  delete: (audience, deletedAt, expectedRevision) =>
    session.write(async (db) => {
      const stored = await db.selectFrom('api').select('revision').where('audience', '=', audience).executeTakeFirst()
      if (stored === undefined || stored.revision !== (expectedRevision ?? stored.revision))
        throw updateRefusal(`API ${audience}`, stored)
      const grant = await db.selectFrom('grant').select('client_id').where('audience', '=', audience).executeTakeFirst()
      if (grant !== undefined)
        throw new StoreError(
          'in_use',
          `API ${audience} is granted to client ${grant.client_id}: remove its grants first`,
        )
      await db.deleteFrom('api').where('audience', '=', audience).execute()
      await appendChange(db, 'api', audience)
      return stopServing(db, audience, deletedAt)
    }),
})

const fromRow = (row: Selectable<ApiTable>): Api => ({
  id: row.id,
  audience: row.audience,
  scopes: parseList(row.scopes),
  tokenTtlSeconds: row.token_ttl_seconds,
  signingAlgorithm: row.signing_algorithm,
  tokenFormat: row.token_format,
  senderConstraint: row.sender_constraint,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  revision: row.revision,
})

const toRow = (api: Api): Selectable<ApiTable> => ({
  id: api.id,
  audience: api.audience,
  scopes: formatList(api.scopes),
  token_ttl_seconds: api.tokenTtlSeconds,
  signing_algorithm: api.signingAlgorithm,
  token_format: api.tokenFormat,
  sender_constraint: api.senderConstraint,
  created_at: api.createdAt,
  updated_at: api.updatedAt,
  revision: api.revision,
})
