/** Expectations on sources of secrets. */

import type { TokenError } from '../token_error.ts'
import { rejectsWith } from './expect.ts'

/** Awaits `credential_unavailable` whose message matches and holds no canary. */
export const unavailable = async (promise: Promise<unknown>, expected: RegExp): Promise<TokenError> => {
  const error = await rejectsWith(promise, 'credential_unavailable')
  if (!expected.test(error.message)) throw new Error(`expected ${expected}, got: ${error.message}`)
  if (JSON.stringify([error, error.message, error.stack]).includes('canary'))
    throw new Error('the error holds a secret')
  return error
}
