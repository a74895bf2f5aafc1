/** What is wrong with a declarative document, and where: a JSON pointer (RFC 6901) that whoever has the file turns into a line. */
import type { Fault } from '../admin/problem.ts'

/** More are not listed: nobody mends more at once, and a hostile document must not grow the answer. */
export const maxFaults = 100

/** A path within a document, its parts escaped. RFC 6901 §3. */
export const pointerTo = (...parts: readonly (string | number)[]): string =>
  parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** Members of JSON are shown as they are written, bounded. */
export const quote = (text: string): string => JSON.stringify(text.slice(0, 200))

export type { Fault }
