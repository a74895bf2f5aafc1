/** Revisions as entity tags: a change can say which version it means to change. RFC 9110 §8.8.3, §13.1.1. */
import { Problem } from './problem.ts'

export const etagOf = (revision: number): string => `"${revision}"`

/**
 * The revision that If-Match demands, or undefined when any will do.
 *
 * @throws {Problem} `invalid_request` when it is not one tag that this API gave.
 */
export const parseIfMatch = (header: string | undefined): number | undefined => {
  if (header === undefined || header.trim() === '*') return undefined
  const revision = /^"(\d{1,15})"$/.exec(header.trim())?.[1]
  if (revision === undefined) throw new Problem('invalid_request', 'If-Match must be one ETag that this resource gave')
  return Number(revision)
}
