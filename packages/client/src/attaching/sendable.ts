/** Whether a request can be sent a second time: a stream, or a Request's own body, is gone once it was sent. */
import type { Fetch } from '../requests/bounded_fetch.ts'

export const canSendAgain = (input: Parameters<Fetch>[0], init: Parameters<Fetch>[1]): boolean => {
  const body = init?.body ?? undefined
  if (body === undefined) return typeof input === 'string' || input instanceof URL || input.body === null
  return canReadAgain(body)
}

/** Whether a body is whole, and no stream of any kind. */
export const canReadAgain = (body: unknown): boolean =>
  typeof body === 'string' ||
  body instanceof URLSearchParams ||
  body instanceof FormData ||
  body instanceof Blob ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body)
