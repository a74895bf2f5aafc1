/** Page cursors: where a list goes on, authenticated so that nobody makes one up. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { PageRequest } from '@credence/storage'
import { Problem } from './problem.ts'

export const pageLimits = { default: 100, most: 1000 } as const

export interface PageQuery {
  readonly limit?: number
  readonly cursor?: string
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Absent on the last page. */
  readonly next_cursor?: string
}

export interface PageCursors {
  /** Reads one more than asked for, to know whether there is a next page. @throws {Problem} `invalid_request` */
  request(list: string, query: PageQuery): PageRequest
  page<T>(
    list: string,
    found: readonly T[],
    options: { readonly limit: number; readonly keyOf: (item: T) => string },
  ): Page<T>
}

const macLength = 16

/** @param key the server's own key for cursors */
export const createPageCursors = (key: Uint8Array): PageCursors => {
  // the list is part of what is authenticated: a cursor of one list is no cursor of another
  const macOf = (list: string, after: string) =>
    createHmac('sha256', key).update(`${list}\0${after}`).digest().subarray(0, macLength)

  const open = (list: string, cursor: string): string => {
    const bytes = Buffer.from(cursor, 'base64url')
    const after = bytes.subarray(macLength).toString('utf8')
    if (bytes.length <= macLength || !timingSafeEqual(bytes.subarray(0, macLength), macOf(list, after))) {
      throw new Problem('invalid_request', 'cursor is not one that this list gave')
    }
    return after
  }

  return {
    request: (list, { limit = pageLimits.default, cursor }) => ({
      limit: limit + 1,
      ...(cursor !== undefined && { after: open(list, cursor) }),
    }),
    page(list, found, { limit, keyOf }) {
      const items = found.slice(0, limit)
      const last = items.at(-1)
      if (found.length <= limit || last === undefined) return { items }
      const after = keyOf(last)
      return { items, next_cursor: Buffer.concat([macOf(list, after), Buffer.from(after)]).toString('base64url') }
    },
  }
}
