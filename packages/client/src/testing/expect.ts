/** Expectations that several test files share. */
import assert from 'node:assert/strict'
import { TokenError, type TokenErrorCode } from '../token_error.ts'

/** Awaits a failure with this code and returns it. */
export const rejectsWith = async (promise: Promise<unknown>, code: TokenErrorCode): Promise<TokenError> => {
  const error = await promise.then(
    () => assert.fail(`expected ${code}, but nothing failed`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof TokenError, `expected a TokenError, got ${error}`)
  assert.equal(error.code, code, error.message)
  return error
}

/** A promise and the function that resolves it. */
export const createGate = (): { readonly opened: Promise<void>; readonly open: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: () => resolve() }
}
