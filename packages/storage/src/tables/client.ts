/** The table of clients, and the one read of a token request. */
import type { CompiledQuery, Kysely, Selectable, Transaction } from 'kysely'
import { type DialectSql, parseJsonRows } from '../dialects/database.ts'
import type { Client, ClientRecord, Quota, TokenEndpointAuthMethod } from '../model.ts'
import type { Session } from '../session.ts'
import type { ClientStore } from '../stores.ts'
import { appendChange } from './change.ts'
import { formatList, orNull, orUndefined, parseList } from './columns.ts'
import { forKey } from './compiled.ts'
import { credentialFromRow } from './credential.ts'
import { grantFromRow } from './grant.ts'
import { alreadyExists, updateRefusal } from './refusal.ts'
import type { Schema } from './schema.ts'

export interface ClientTable {
  client_id: string
  name: string | null
  token_endpoint_auth_method: TokenEndpointAuthMethod | null
  token_ttl_seconds: number | null
  default_scope: string | null
  quota_tokens_per_minute: number | null
  quota_mode: Quota['mode'] | null
  managed_rotation_overlap_seconds: number | null
  /** 0 or 1, as the two after it. */
  dpop_bound_access_tokens: number
  certificate_bound_access_tokens: number
  token_endpoint_audience: number
  serves: string
  /** 0 or 1. */
  disabled: number
  created_at: number
  updated_at: number
  revision: number
}

export const createClientStore = (session: Session): ClientStore => {
  let compiledRecordQuery: ReturnType<typeof compileRecordQuery> | undefined
  return {
    find: (clientId) =>
      session.read(async (db) => {
        const row = await db.selectFrom('client').selectAll().where('client_id', '=', clientId).executeTakeFirst()
        return row && clientFromRow(row)
      }),

    findRecord: (clientId) =>
      session.read(async (db) => {
        compiledRecordQuery ??= compileRecordQuery(db, session.sql)
        const { rows } = await db.executeQuery(forKey(compiledRecordQuery, clientId))
        return rows[0] && recordFromRow(rows[0])
      }),

    list: ({ after = '', limit }) =>
      session.read(async (db) => {
        const page = db
          .selectFrom('client')
          .selectAll()
          .where('client_id', '>', after)
          .orderBy('client_id')
          .limit(limit)
        return (await page.execute()).map(clientFromRow)
      }),

    create: (client) =>
      session.write(async (db) => {
        const inserted = await db
          .insertInto('client')
          .values(toRow(client))
          .onConflict((conflict) => conflict.doNothing())
          .returning('client_id')
          .executeTakeFirst()
        if (inserted === undefined) throw alreadyExists(`client ${client.clientId}`)
        await appendChange(db, 'client', client.clientId)
      }),

    update: (client, expectedRevision) =>
      session.write(async (db) => {
        const { client_id, created_at, revision, ...changed } = toRow(client)
        const updated = await db
          .updateTable('client')
          .set((row) => ({ ...changed, revision: row('revision', '+', 1) }))
          .where('client_id', '=', client_id)
          .$if(expectedRevision !== undefined, (query) => query.where('revision', '=', expectedRevision ?? 0))
          .returningAll()
          .executeTakeFirst()
        if (updated === undefined) {
          const stored = db.selectFrom('client').select('revision').where('client_id', '=', client_id)
          throw updateRefusal(`client ${client_id}`, await stored.executeTakeFirst())
        }
        await appendChange(db, 'client', client_id)
        return clientFromRow(updated)
      }),

    delete: (clientId, expectedRevision) =>
      session.write(async (db) => {
        const byId = db.selectFrom('client').select('revision').where('client_id', '=', clientId)
        const stored = await byId.executeTakeFirst()
        if (stored === undefined || stored.revision !== (expectedRevision ?? stored.revision))
          throw updateRefusal(`client ${clientId}`, stored)
        await db.deleteFrom('credential').where('client_id', '=', clientId).execute()
        await db.deleteFrom('grant').where('client_id', '=', clientId).execute()
        await db.deleteFrom('client').where('client_id', '=', clientId).execute()
        await appendChange(db, 'client', clientId)
      }),
  }
}

/** Takes an audience from what clients serve. Returns the ids of those that served it, in order. */
export const stopServing = async (
  db: Transaction<Schema>,
  audience: string,
  updatedAt: number,
): Promise<readonly string[]> => {
  const candidates = await db
    .selectFrom('client')
    .select(['client_id', 'serves'])
    // as text a list may look as if it had it: ["a","b"] has ","
    .where((row) =>
      row(
        row.fn<string>('replace', ['serves', row.val(JSON.stringify(audience)), row.val('')]),
        '<>',
        row.ref('serves'),
      ),
    )
    .orderBy('client_id')
    .execute()
  const serving = candidates
    .map(({ client_id, serves }) => ({ client_id, serves: parseList(serves) }))
    .filter(({ serves }) => serves.includes(audience))
  for (const { client_id, serves } of serving) {
    const others = formatList(serves.filter((served) => served !== audience))
    await db
      .updateTable('client')
      .set((row) => ({ serves: others, updated_at: updatedAt, revision: row('revision', '+', 1) }))
      .where('client_id', '=', client_id)
      .execute()
    await appendChange(db, 'client', client_id)
  }
  return serving.map(({ client_id }) => client_id)
}

// One statement, so that the client, its credentials and its grants are of one moment.
const compileRecordQuery = (db: Kysely<Schema>, sql: DialectSql) =>
  db
    .selectFrom('client')
    .selectAll()
    .select((row) => [
      sql
        .jsonRows(
          row
            .selectFrom('credential')
            .select(['credential_id', 'client_id', 'label', 'created_at', 'expires_at', 'revoked_at'])
            .select(['lifetime_seconds', 'replaces', 'last_used_at', 'last_used_from', 'last_used_user_agent'])
            .select(['kind', 'material'])
            .select([sql.hex('secret_digest').as('secret_digest')])
            .select([sql.hex('sealed_secret').$castTo<string | null>().as('sealed_secret')])
            .whereRef('credential.client_id', '=', 'client.client_id')
            .where('revoked_at', 'is', null)
            .orderBy('credential_id'),
        )
        .as('credentials'),
      sql
        .jsonRows(
          row
            .selectFrom('grant')
            .select(['client_id', 'audience', 'scopes', 'created_at', 'updated_at'])
            .whereRef('grant.client_id', '=', 'client.client_id')
            .orderBy('audience'),
        )
        .as('grants'),
    ])
    .where('client_id', '=', '')
    .compile()

type RecordRow = ReturnType<typeof compileRecordQuery> extends CompiledQuery<infer Row> ? Row : never

const recordFromRow = (row: RecordRow): ClientRecord => ({
  client: clientFromRow(row),
  credentials: parseJsonRows(row.credentials).map((credential) =>
    credentialFromRow({
      ...credential,
      secret_digest: Buffer.from(credential.secret_digest, 'hex'),
      // SQLite has no hex of null: it says nothing, as it does of no bytes
      sealed_secret: credential.sealed_secret ? Buffer.from(credential.sealed_secret, 'hex') : null,
    }),
  ),
  grants: parseJsonRows(row.grants).map(grantFromRow),
})

const quotaFromRow = (row: Pick<ClientTable, 'quota_tokens_per_minute' | 'quota_mode'>): Quota | undefined =>
  row.quota_tokens_per_minute === null || row.quota_mode === null
    ? undefined
    : { tokensPerMinute: row.quota_tokens_per_minute, mode: row.quota_mode }

export const clientFromRow = (row: Selectable<ClientTable>): Client => ({
  clientId: row.client_id,
  name: orUndefined(row.name),
  tokenEndpointAuthMethod: orUndefined(row.token_endpoint_auth_method),
  tokenTtlSeconds: orUndefined(row.token_ttl_seconds),
  defaultScope: row.default_scope === null ? undefined : parseList(row.default_scope),
  quota: quotaFromRow(row),
  managedRotation:
    row.managed_rotation_overlap_seconds === null
      ? undefined
      : { overlapSeconds: row.managed_rotation_overlap_seconds },
  dpopBoundAccessTokens: row.dpop_bound_access_tokens === 1,
  certificateBoundAccessTokens: row.certificate_bound_access_tokens === 1,
  tokenEndpointAudience: row.token_endpoint_audience === 1,
  serves: parseList(row.serves),
  disabled: row.disabled === 1,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  revision: row.revision,
})

const toRow = (client: Client): Selectable<ClientTable> => ({
  client_id: client.clientId,
  name: orNull(client.name),
  token_endpoint_auth_method: orNull(client.tokenEndpointAuthMethod),
  token_ttl_seconds: orNull(client.tokenTtlSeconds),
  default_scope: client.defaultScope === undefined ? null : formatList(client.defaultScope),
  quota_tokens_per_minute: orNull(client.quota?.tokensPerMinute),
  quota_mode: orNull(client.quota?.mode),
  managed_rotation_overlap_seconds: orNull(client.managedRotation?.overlapSeconds),
  dpop_bound_access_tokens: client.dpopBoundAccessTokens ? 1 : 0,
  certificate_bound_access_tokens: client.certificateBoundAccessTokens ? 1 : 0,
  token_endpoint_audience: client.tokenEndpointAudience ? 1 : 0,
  serves: formatList(client.serves),
  disabled: client.disabled ? 1 : 0,
  created_at: client.createdAt,
  updated_at: client.updatedAt,
  revision: client.revision,
})
