/** The database says at every commit that the change log has grown, so that other processes need not wait for their next look. */
import type { Migration } from './migration.ts'

export const changeNotice: Migration = {
  name: 'change_notice',
  up: async (db, { changeNotice }) => {
    for (const statement of changeNotice) await statement.execute(db)
  },
}
