/** The table of credentials. */
import { type Kysely, type Selectable, sql } from 'kysely'
import type { Credential, CredentialFacts, CredentialUse } from '../model.ts'
import type { Session } from '../session.ts'
import type { CredentialStore } from '../stores.ts'
import { appendChange } from './change.ts'
import { orNull, orUndefined, ownBytes } from './columns.ts'
import { forKey } from './compiled.ts'
import { alreadyExists, notFound } from './refusal.ts'
import type { Schema } from './schema.ts'

export interface CredentialTable {
  credential_id: string
  client_id: string
  kind: Credential['kind']
  label: string | null
  /** Empty where it is no secret. */
  secret_digest: Uint8Array
  sealed_secret: Uint8Array | null
  /** JSON of what a credential of another kind than a secret is. */
  material: string | null
  created_at: number
  expires_at: number | null
  revoked_at: number | null
  last_used_at: number | null
  last_used_from: string | null
  last_used_user_agent: string | null
  lifetime_seconds: number | null
  replaces: string | null
}

export const createCredentialStore = (session: Session): CredentialStore => {
  let compiledOwnerQuery: ReturnType<typeof compileOwnerQuery> | undefined
  return {
    find: (credentialId) =>
      session.read(async (db) => {
        const row = await byId(db, credentialId).executeTakeFirst()
        return row && credentialFromRow(row)
      }),

    findOwner: (credentialId) =>
      session.read(async (db) => {
        compiledOwnerQuery ??= compileOwnerQuery(db)
        const { rows } = await db.executeQuery(forKey(compiledOwnerQuery, credentialId))
        return rows[0]?.client_id
      }),

    listByClient: (clientId, { after = '', limit }) =>
      session.read(async (db) => {
        const page = db
          .selectFrom('credential')
          .selectAll()
          .where('client_id', '=', clientId)
          .where('credential_id', '>', after)
          .orderBy('credential_id')
          .limit(limit)
        return (await page.execute()).map(credentialFromRow)
      }),

    create: (credential) =>
      session.write(async (db) => {
        const owner = db.selectFrom('client').select('client_id').where('client_id', '=', credential.clientId)
        if ((await owner.executeTakeFirst()) === undefined) throw notFound(`client ${credential.clientId}`)
        const inserted = await db
          .insertInto('credential')
          .values(toRow(credential))
          .onConflict((conflict) => conflict.doNothing())
          .returning('credential_id')
          .executeTakeFirst()
        if (inserted === undefined) throw alreadyExists(`credential ${credential.credentialId}`)
        await appendChange(db, 'client', credential.clientId)
      }),

    revoke: (credentialId, revokedAt) =>
      session.write(async (db) => {
        const revoked = await db
          .updateTable('credential')
          .set({ revoked_at: revokedAt })
          .where('credential_id', '=', credentialId)
          .where('revoked_at', 'is', null)
          .returningAll()
          .executeTakeFirst()
        if (revoked !== undefined) await appendChange(db, 'client', revoked.client_id)
        const stored = revoked ?? (await byId(db, credentialId).executeTakeFirst())
        if (stored === undefined) throw notFound(`credential ${credentialId}`)
        return credentialFromRow(stored)
      }),

    setExpiry: (credentialId, expiresAt) =>
      session.write(async (db) => {
        const changed = await db
          .updateTable('credential')
          .set({ expires_at: expiresAt })
          .where('credential_id', '=', credentialId)
          .returningAll()
          .executeTakeFirst()
        if (changed === undefined) throw notFound(`credential ${credentialId}`)
        await appendChange(db, 'client', changed.client_id)
        return credentialFromRow(changed)
      }),

    recordUses: async (uses) => {
      const newest = [...newestUses(uses).values()]
      if (newest.length === 0) return
      await session.note(async (db) => {
        for (let start = 0; start < newest.length; start += usesPerStatement)
          await storeUses(db, newest.slice(start, start + usesPerStatement))
      })
    },
  }
}

const byId = (db: Kysely<Schema>, credentialId: string) =>
  db.selectFrom('credential').selectAll().where('credential_id', '=', credentialId)

const compileOwnerQuery = (db: Kysely<Schema>) =>
  db.selectFrom('credential').select('client_id').where('credential_id', '=', '').compile()

/** Four parameters each: far below the 32,766 of SQLite and the 65,535 of PostgreSQL. */
const usesPerStatement = 1_000

// Of two rows for one credential, `update … from` would take whichever it meets.
const newestUses = (uses: readonly CredentialUse[]) => {
  const newest = new Map<string, CredentialUse>()
  for (const use of uses) {
    const known = newest.get(use.credentialId)
    if (known === undefined || known.usedAt <= use.usedAt) newest.set(use.credentialId, use)
  }
  return newest
}

const storeUses = async (db: Kysely<Schema>, uses: readonly CredentialUse[]) => {
  const rows = uses.map(
    (use) =>
      sql`(${use.credentialId}, cast(${use.usedAt} as bigint), ${use.usedFrom}, cast(${use.userAgent ?? null} as text))`,
  )
  await sql`
    with used (credential_id, used_at, used_from, user_agent) as (values ${sql.join(rows)})
    update credential
      set last_used_at = used.used_at, last_used_from = used.used_from, last_used_user_agent = used.user_agent
    from used where credential.credential_id = used.credential_id
      and (credential.last_used_at is null or credential.last_used_at <= used.used_at)`.execute(db)
}

export const credentialFromRow = (row: Selectable<CredentialTable>): Credential => {
  const facts = factsFromRow(row)
  // what the material of a kind is, toRow says
  const material = row.material === null ? undefined : JSON.parse(row.material)
  switch (row.kind) {
    case 'secret': {
      const sealedSecret = row.sealed_secret === null ? undefined : ownBytes(row.sealed_secret)
      return { ...facts, kind: 'secret', secretDigest: ownBytes(row.secret_digest), sealedSecret }
    }
    case 'key':
      return { ...facts, kind: 'key', key: material }
    case 'certificate':
      return { ...facts, kind: 'certificate', certificate: material }
    case 'federated':
      return { ...facts, kind: 'federated', federation: material }
  }
}

const factsFromRow = (row: Selectable<CredentialTable>): CredentialFacts => ({
  credentialId: row.credential_id,
  clientId: row.client_id,
  label: orUndefined(row.label),
  createdAt: row.created_at,
  expiresAt: orUndefined(row.expires_at),
  revokedAt: orUndefined(row.revoked_at),
  lastUsedAt: orUndefined(row.last_used_at),
  lastUsedFrom: orUndefined(row.last_used_from),
  lastUsedUserAgent: orUndefined(row.last_used_user_agent),
  lifetimeSeconds: orUndefined(row.lifetime_seconds),
  replaces: orUndefined(row.replaces),
})

const noBytes = new Uint8Array(0)

const materialOf = (credential: Credential): string | null => {
  switch (credential.kind) {
    case 'secret':
      return null
    case 'key':
      return JSON.stringify(credential.key)
    case 'certificate':
      return JSON.stringify(credential.certificate)
    case 'federated':
      return JSON.stringify(credential.federation)
  }
}

const toRow = (credential: Credential): Selectable<CredentialTable> => ({
  credential_id: credential.credentialId,
  client_id: credential.clientId,
  kind: credential.kind,
  label: orNull(credential.label),
  secret_digest: credential.kind === 'secret' ? credential.secretDigest : noBytes,
  sealed_secret: credential.kind === 'secret' ? orNull(credential.sealedSecret) : null,
  material: materialOf(credential),
  created_at: credential.createdAt,
  expires_at: orNull(credential.expiresAt),
  revoked_at: orNull(credential.revokedAt),
  last_used_at: orNull(credential.lastUsedAt),
  last_used_from: orNull(credential.lastUsedFrom),
  last_used_user_agent: orNull(credential.lastUsedUserAgent),
  lifetime_seconds: orNull(credential.lifetimeSeconds),
  replaces: orNull(credential.replaces),
})
