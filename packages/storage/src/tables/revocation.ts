/** The table of revocations. A row is inserted once, never updated, and deleted when no token that it denies is alive. */
import type { Selectable } from 'kysely'
import type { NewRevocation, Revocation } from '../model.ts'
import type { Session } from '../session.ts'
import type { RevocationStore } from '../stores.ts'
import { appendChange } from './change.ts'
import { orNull, orUndefined } from './columns.ts'

export interface RevocationTable {
  version: number
  issuer: string
  jti: string | null
  token_expires_at: number | null
  client_id: string | null
  credential_id: string | null
  audience: string | null
  issued_before: number | null
  created_at: number
  needed_until: number
}

export const createRevocationStore = (session: Session): RevocationStore => ({
  append: (revocation) =>
    session.write(async (db) => {
      if (revocation.kind === 'token') {
        const stored = await db
          .selectFrom('revocation')
          .selectAll()
          .where('jti', '=', revocation.jti)
          .where('issuer', '=', revocation.issuer)
          .executeTakeFirst()
        if (stored !== undefined) return fromRow(stored)
      }
      const version = await appendChange(db, 'revocation', changeKey(revocation))
      const row = { ...toRow(revocation), version }
      await db.insertInto('revocation').values(row).execute()
      return fromRow(row)
    }),

  since: (version, limit) =>
    session.read(async (db) => {
      const rows = db.selectFrom('revocation').selectAll().where('version', '>', version)
      return (await rows.orderBy('version').limit(limit).execute()).map(fromRow)
    }),

  deleteUnneeded: (now, limit) =>
    session.write(async (db) => {
      const unneeded = db.selectFrom('revocation').select('version').where('needed_until', '<=', now)
      const deleted = db.deleteFrom('revocation').where('version', 'in', unneeded.orderBy('needed_until').limit(limit))
      return Number((await deleted.executeTakeFirst()).numDeletedRows)
    }),
})

const changeKey = (revocation: NewRevocation): string =>
  revocation.kind === 'token'
    ? revocation.jti
    : (revocation.credentialId ?? revocation.clientId ?? revocation.audience ?? revocation.issuer)

const fromRow = (row: Selectable<RevocationTable>): Revocation => {
  const { version, issuer } = row
  const whose = { clientId: orUndefined(row.client_id), audience: orUndefined(row.audience) }
  const times = { createdAt: row.created_at, neededUntil: row.needed_until }
  // the checks of the table say that a row has jti and token_expires_at, or else issued_before
  return row.jti === null
    ? {
        ...{ kind: 'cutoff', version, issuer, ...whose, credentialId: orUndefined(row.credential_id) },
        ...{ issuedBefore: row.issued_before ?? 0, ...times },
      }
    : { kind: 'token', version, issuer, jti: row.jti, expiresAt: row.token_expires_at ?? 0, ...whose, ...times }
}

const toRow = (revocation: NewRevocation): Omit<Selectable<RevocationTable>, 'version'> => {
  const ofToken = revocation.kind === 'token'
  return {
    issuer: revocation.issuer,
    jti: ofToken ? revocation.jti : null,
    token_expires_at: ofToken ? revocation.expiresAt : null,
    client_id: orNull(revocation.clientId),
    credential_id: ofToken ? null : orNull(revocation.credentialId),
    audience: orNull(revocation.audience),
    issued_before: ofToken ? null : revocation.issuedBefore,
    created_at: revocation.createdAt,
    needed_until: revocation.neededUntil,
  }
}
