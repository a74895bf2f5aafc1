/** The table of audit sinks: how far the log has been sent to each, and which process is at it. */
import type { AuditSinkStore } from '../audit_model.ts'
import type { Session } from '../session.ts'

export interface AuditSinkTable {
  name: string
  seq: number
  holder: string
  held_until: number
}

export const createAuditSinkStore = (session: Session): AuditSinkStore => ({
  claim: (name, { holder, now, forSeconds }) =>
    session.write(async (db) => {
      const lease = { holder, held_until: now + forSeconds }
      const known = await db.selectFrom('audit_sink').selectAll().where('name', '=', name).executeTakeFirst()
      if (known !== undefined && known.holder !== holder && known.held_until > now) return undefined
      if (known !== undefined) {
        await db.updateTable('audit_sink').set(lease).where('name', '=', name).execute()
        return known.seq
      }
      const newest = await db.selectFrom('audit_event').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
      const seq = newest?.seq ?? 0
      await db
        .insertInto('audit_sink')
        .values({ name, seq, ...lease })
        .execute()
      return seq
    }),

  advance: (name, { holder, seq }) =>
    session.write(async (db) => {
      await db.updateTable('audit_sink').set({ seq }).where('name', '=', name).where('holder', '=', holder).execute()
    }),

  release: (name, holder) =>
    session.write(async (db) => {
      const held = db.updateTable('audit_sink').set({ held_until: 0 })
      await held.where('name', '=', name).where('holder', '=', holder).execute()
    }),
})
