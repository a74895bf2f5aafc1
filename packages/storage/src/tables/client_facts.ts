/** Reads what there is to know of a page of clients, a query for each kind of fact. */
import { type Kysely, sql } from 'kysely'
import type { ClientFactsStore, FactTimes } from '../client_facts_store.ts'
import type { Session } from '../session.ts'
import { clientFromRow } from './client.ts'
import { credentialFromRow } from './credential.ts'
import { grantFromRow } from './grant.ts'
import type { Schema } from './schema.ts'

/** Rows of one kind for one page. */
const maxRows = 20_000

export const createClientFactsStore = (session: Session): ClientFactsStore => ({
  list: (times, { after = '', limit }) =>
    session.read(async (db) => {
      const clients = await db
        .selectFrom('client')
        .selectAll()
        .where('client_id', '>', after)
        .orderBy('client_id')
        .limit(limit)
        .execute()
      const last = clients.at(-1)?.client_id
      if (last === undefined) return []
      const found = await readFacts(db, { times, after, last })
      return clients.map((client) => ({
        client: clientFromRow(client),
        credentials: of(found.credentials, client.client_id).map(credentialFromRow),
        grants: of(found.grants, client.client_id).map(grantFromRow),
        scopeUses: of(found.scopeUses, client.client_id).map((row) => ({
          clientId: row.client_id,
          audience: row.audience,
          scope: row.scope,
          lastUsedAt: row.last_used_at,
        })),
        lastDay: of(found.lastDay, client.client_id).map((row) => ({
          audience: row.audience,
          tokens: row.tokens,
          hoursWithUse: row.hours,
        })),
        tokensThisHour: of(found.thisHour, client.client_id)[0]?.tokens ?? 0,
        dailyPeaks: of(found.peaks, client.client_id).map((row) => row.peak),
        refusals: of(found.refusals, client.client_id).map((row) => ({
          reason: row.reason,
          remoteAddress: row.remote_address,
          requests: row.requests,
        })),
      }))
    }),

  ungrantedAudiences: (limit) =>
    session.read(async (db) => {
      const rows = await db
        .selectFrom('api')
        .leftJoin('grant', 'grant.audience', 'api.audience')
        .select('api.audience')
        .where('grant.client_id', 'is', null)
        .orderBy('api.audience')
        .limit(limit)
        .execute()
      return rows.map(({ audience }) => audience)
    }),
})

interface Range {
  readonly times: FactTimes
  readonly after: string
  readonly last: string
}

const readFacts = async (db: Kysely<Schema>, { times, after, last }: Range) => {
  const ofClients = <Table extends 'credential' | 'grant' | 'scope_use'>(table: Table) =>
    sql<boolean>`${sql.ref(`${table}.client_id`)} > ${after} and ${sql.ref(`${table}.client_id`)} <= ${last}`
  const usage = db
    .selectFrom('usage')
    .where('client_id', '>', after)
    .where('client_id', '<=', last)
    .where('scope', '=', '')
  const [credentials, grants, scopeUses, lastDay, thisHour, peaks, refusals] = await Promise.all([
    db
      .selectFrom('credential')
      .selectAll()
      .where(ofClients('credential'))
      .where('revoked_at', 'is', null)
      .orderBy('credential_id')
      .limit(maxRows)
      .execute(),
    db.selectFrom('grant').selectAll().where(ofClients('grant')).orderBy('audience').limit(maxRows).execute(),
    db.selectFrom('scope_use').selectAll().where(ofClients('scope_use')).limit(maxRows).execute(),
    usage
      .where('hour', '>=', times.lastDayFrom)
      .select(['client_id', 'audience', total('tokens').as('tokens')])
      .select(sql<number>`count(distinct hour)`.as('hours'))
      .groupBy(['client_id', 'audience'])
      .orderBy('audience')
      .limit(maxRows)
      .execute(),
    usage
      .where('hour', '=', times.thisHour)
      .select(['client_id', total('tokens').as('tokens')])
      .groupBy('client_id')
      .execute(),
    db
      .selectFrom(
        usage
          .where('hour', '>=', times.peaksFrom)
          .where('hour', '<', times.thisHour)
          // days counted back from now, so that the last one is a whole day too
          .select(['client_id', sql<number>`(cast(${times.thisHour} as bigint) - 1 - hour) / 86400`.as('days_ago')])
          .select([total('tokens').as('tokens')])
          .groupBy(['client_id', 'hour'])
          .as('by_hour'),
      )
      .select(['client_id', 'days_ago', sql<number>`max(tokens)`.as('peak')])
      .groupBy(['client_id', 'days_ago'])
      .limit(maxRows)
      .execute(),
    db
      .selectFrom('refused_request')
      .select(['client_id', 'reason', 'remote_address', total('requests').as('requests')])
      .where('client_id', '>', after)
      .where('client_id', '<=', last)
      .where('hour', '>=', times.lastDayFrom)
      .groupBy(['client_id', 'reason', 'remote_address'])
      .limit(maxRows)
      .execute(),
  ])
  return {
    credentials: byClient(credentials),
    grants: byClient(grants),
    scopeUses: byClient(scopeUses),
    lastDay: byClient(lastDay),
    thisHour: byClient(thisHour),
    peaks: byClient(peaks),
    refusals: byClient(refusals),
  }
}

// A sum of bigints is a numeric in PostgreSQL, which its driver hands over as text.
const total = (column: 'tokens' | 'requests') => sql<number>`cast(sum(${sql.ref(column)}) as bigint)`

const byClient = <Row extends { readonly client_id: string }>(rows: readonly Row[]) =>
  Map.groupBy(rows, (row) => row.client_id)

const of = <Row>(rows: ReadonlyMap<string, readonly Row[]>, clientId: string): readonly Row[] =>
  rows.get(clientId) ?? []
