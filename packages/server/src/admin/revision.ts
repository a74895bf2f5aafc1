/** Revisions as entity tags: a change can say which version it means to change. RFC 9110 §8.8.3, §13.1.1. */
import { createHash } from 'node:crypto'
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

/** For what has no revision of its own: a tag made of its content. */
export const contentEtag = (content: object): string =>
  `"${createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22)}"`

/**
 * Checks If-Match against what is there now.
 *
 * @param current its tag, or undefined when there is none
 * @throws {Problem} `revision_conflict`
 */
export const checkIfMatch = (header: string | undefined, current: string | undefined): void => {
  if (header === undefined) return
  if (current === undefined) throw new Problem('revision_conflict', 'it is not there, and If-Match says that it is')
  if (header.trim() !== '*' && header.trim() !== current) {
    throw new Problem('revision_conflict', 'it was changed since it was read')
  }
}
