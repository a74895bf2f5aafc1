/** The tables of usage by the hour, of refusals by the hour, and of the last use of each scope. */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Session } from '../session.ts'
import type { Issued, IssuedCount, RefusedCount, UsageFilter, UsageStore, UsageSum } from '../usage_store.ts'
import { usageKey, usageSumKey } from '../usage_store.ts'
import type { Schema } from './schema.ts'

export interface UsageTable {
  client_id: string
  hour: number
  credential_id: string
  audience: string
  /** Empty: all tokens, whatever their scopes. */
  scope: string
  tokens: number
}

export interface ScopeUseTable {
  client_id: string
  audience: string
  scope: string
  last_used_at: number
}

export interface RefusedRequestTable {
  client_id: string
  hour: number
  reason: string
  remote_address: string
  requests: number
}

const allTokens = ''

/** Six parameters each at most: far below the 32,766 of SQLite and the 65,535 of PostgreSQL. */
const rowsPerStatement = 1_000

export const createUsageStore = (session: Session): UsageStore => ({
  add: async ({ issued, refused }) => {
    if (issued.length + refused.length === 0) return
    await session.note(async (db) => {
      for (const rows of parts(issued.flatMap(usageRows))) await addTokens(db, rows)
      for (const rows of parts(issued.flatMap(scopeUseRows))) await storeScopeUses(db, newestOf(rows))
      for (const rows of parts(refused.map(refusedRow))) await addRefused(db, rows)
    })
  },

  list: (filter, { after, limit }) =>
    session.read(async (db) => {
      const [client = '', hour = '0', credential = '', audience = ''] = after?.split(' ') ?? []
      const totals = await filtered(db, filter)
        .select(['client_id', 'hour', 'credential_id', 'audience', 'tokens'])
        .where('scope', '=', allTokens)
        .$if(after !== undefined, (query) =>
          query.where(
            sql<boolean>`(client_id, hour, credential_id, audience) > (${client}, cast(${hour} as bigint), ${credential}, ${audience})`,
          ),
        )
        .orderBy('client_id')
        .orderBy('hour')
        .orderBy('credential_id')
        .orderBy('audience')
        .limit(limit)
        .execute()
      const [first, last] = [totals[0], totals.at(-1)]
      if (first === undefined || last === undefined) return []
      const parted = await filtered(db, filter)
        .select(['client_id', 'hour', 'credential_id', 'audience', 'scope', 'tokens'])
        .where('scope', '!=', allTokens)
        .where('client_id', '>=', first.client_id)
        .where('client_id', '<=', last.client_id)
        .where(
          sql<boolean>`(client_id, hour, credential_id, audience) >= (${first.client_id}, cast(${first.hour} as bigint), ${first.credential_id}, ${first.audience})`,
        )
        .where(
          sql<boolean>`(client_id, hour, credential_id, audience) <= (${last.client_id}, cast(${last.hour} as bigint), ${last.credential_id}, ${last.audience})`,
        )
        .execute()
      const scopes = Map.groupBy(parted, (row) => usageKey(withModelNames(row)))
      return totals.map(withModelNames).map((total) => ({ ...total, scopes: scopesOf(scopes.get(usageKey(total))) }))
    }),

  sum: (filter, { after, limit }) =>
    session.read(async (db) => {
      const [client = '', credential = '', audience = ''] = after?.split(' ') ?? []
      const totals = await filtered(db, filter)
        .select(['client_id', 'credential_id', 'audience', sumOfTokens.as('tokens'), lastHour.as('hour')])
        .where('scope', '=', allTokens)
        .$if(after !== undefined, (query) =>
          query.where(sql<boolean>`(client_id, credential_id, audience) > (${client}, ${credential}, ${audience})`),
        )
        .groupBy(['client_id', 'credential_id', 'audience'])
        .orderBy('client_id')
        .orderBy('credential_id')
        .orderBy('audience')
        .limit(limit)
        .execute()
      const [first, last] = [totals[0], totals.at(-1)]
      if (first === undefined || last === undefined) return []
      const parted = await filtered(db, filter)
        .select(['client_id', 'credential_id', 'audience', 'scope', sumOfTokens.as('tokens'), lastHour.as('hour')])
        .where('scope', '!=', allTokens)
        .where('client_id', '>=', first.client_id)
        .where('client_id', '<=', last.client_id)
        .groupBy(['client_id', 'credential_id', 'audience', 'scope'])
        .execute()
      const scopes = Map.groupBy(parted, (row) => usageSumKey(withModelNames(row)))
      return totals.map(withModelNames).map(
        ({ hour, ...total }): UsageSum => ({
          ...total,
          lastHour: hour,
          scopes: scopesOf(scopes.get(usageSumKey(total))),
        }),
      )
    }),

  scopeUses: (clientId) =>
    session.read(async (db) => {
      const rows = await db
        .selectFrom('scope_use')
        .selectAll()
        .where('client_id', '=', clientId)
        .orderBy('audience')
        .orderBy('scope')
        .execute()
      return rows.map((row) => ({
        clientId: row.client_id,
        audience: row.audience,
        scope: row.scope,
        lastUsedAt: row.last_used_at,
      }))
    }),

  sweep: ({ hoursBefore, scopeUsesBefore, limit }) =>
    session.write(async (db) => {
      const swept = [
        sql`delete from usage where (client_id, hour, credential_id, audience, scope) in
          (select client_id, hour, credential_id, audience, scope from usage where hour < ${hoursBefore} limit ${limit})`,
        sql`delete from refused_request where (client_id, hour, reason, remote_address) in
          (select client_id, hour, reason, remote_address from refused_request where hour < ${hoursBefore} limit ${limit})`,
        sql`delete from scope_use where (client_id, audience, scope) in
          (select client_id, audience, scope from scope_use where last_used_at < ${scopeUsesBefore} limit ${limit})`,
      ]
      let rows = 0
      for (const statement of swept) rows += Number((await statement.execute(db)).numAffectedRows ?? 0)
      return rows
    }),
})

// A sum of bigints is a numeric in PostgreSQL, which its driver hands over as text.
const sumOfTokens = sql<number>`cast(sum(tokens) as bigint)`
const lastHour = sql<number>`max(hour)`

const filtered = (db: Kysely<Schema>, { clientId, audience, from, to }: UsageFilter) =>
  db
    .selectFrom('usage')
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .$if(clientId !== undefined, (query) => query.where('client_id', '=', clientId ?? ''))
    .$if(audience !== undefined, (query) => query.where('audience', '=', audience ?? ''))

const withModelNames = <Row extends Pick<UsageTable, 'client_id' | 'credential_id' | 'audience' | 'tokens' | 'hour'>>(
  row: Row,
): Omit<Issued, 'scopes'> => ({
  clientId: row.client_id,
  credentialId: row.credential_id,
  audience: row.audience,
  hour: row.hour,
  tokens: row.tokens,
})

const scopesOf = (rows: readonly { readonly scope: string; readonly tokens: number }[] = []) =>
  new Map(rows.map(({ scope, tokens }) => [scope, tokens] as const).toSorted())

const usageRows = ({ clientId, credentialId, audience, hour, tokens, scopes }: IssuedCount): UsageTable[] => {
  const key = { client_id: clientId, hour, credential_id: credentialId, audience }
  return [
    { ...key, scope: allTokens, tokens },
    ...Array.from(scopes, ([scope, withScope]) => ({ ...key, scope, tokens: withScope })),
  ]
}

const scopeUseRows = ({ clientId, audience, scopes, lastIssuedAt }: IssuedCount): ScopeUseTable[] =>
  Array.from(scopes.keys(), (scope) => ({ client_id: clientId, audience, scope, last_used_at: lastIssuedAt }))

const refusedRow = ({ clientId, hour, reason, remoteAddress, requests }: RefusedCount): RefusedRequestTable => ({
  client_id: clientId,
  hour,
  reason,
  remote_address: remoteAddress,
  requests,
})

/** Two credentials of one client use the same scope; PostgreSQL takes a key once in a statement. */
const newestOf = (rows: readonly ScopeUseTable[]): ScopeUseTable[] => {
  const newest = new Map<string, ScopeUseTable>()
  for (const row of rows) {
    const key = `${row.client_id} ${row.audience} ${row.scope}`
    const known = newest.get(key)
    if (known === undefined || known.last_used_at < row.last_used_at) newest.set(key, row)
  }
  return [...newest.values()]
}

const parts = function* <T>(rows: readonly T[]) {
  for (let start = 0; start < rows.length; start += rowsPerStatement) yield rows.slice(start, start + rowsPerStatement)
}

const addTokens = (db: Transaction<Schema>, rows: UsageTable[]) =>
  db
    .insertInto('usage')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['client_id', 'hour', 'credential_id', 'audience', 'scope'])
        .doUpdateSet({ tokens: sql`usage.tokens + excluded.tokens` }),
    )
    .execute()

const storeScopeUses = (db: Transaction<Schema>, rows: ScopeUseTable[]) =>
  db
    .insertInto('scope_use')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['client_id', 'audience', 'scope'])
        .doUpdateSet({ last_used_at: sql`excluded.last_used_at` })
        .where('scope_use.last_used_at', '<', sql<number>`excluded.last_used_at`),
    )
    .execute()

const addRefused = (db: Transaction<Schema>, rows: RefusedRequestTable[]) =>
  db
    .insertInto('refused_request')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['client_id', 'hour', 'reason', 'remote_address'])
        .doUpdateSet({ requests: sql`refused_request.requests + excluded.requests` }),
    )
    .execute()
