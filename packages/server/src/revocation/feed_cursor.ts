/** Cursors of the feed: a version, and which database it is one of, since another one's versions mean other things. */
import { createHash } from 'node:crypto'

export interface FeedCursors {
  format(version: number): string
  /** The version, or undefined when the cursor is malformed or of another database. */
  parse(cursor: string): number | undefined
}

/** @param key a random key of the database's own, of which the cursor shows no more than a digest */
export const createFeedCursors = (key: Uint8Array): FeedCursors => {
  const database = createHash('sha256').update(key).digest('base64url').slice(0, 12)
  return {
    format: (version) => `${version}.${database}`,
    parse(cursor) {
      // what a program that has none yet is likely to send
      if (cursor === '0') return 0
      const [, version, of] = /^(\d{1,15})\.([A-Za-z0-9_-]{12})$/.exec(cursor) ?? []
      return of === database ? Number(version) : undefined
    },
  }
}
