/** A token manager, its server and its time, for tests of how they live together. */
import assert from 'node:assert/strict'
import type { TokenManagerOptions } from '../configuration.ts'
import { createTokenManager } from '../token_manager.ts'
import { type Answer, type Received, startAuthorizationServer } from './fake_server.ts'
import { createFakeTime, timeoutMs } from './fake_time.ts'

/** A token manager in time that stands still, and its server; `answer` may be replaced while it runs. */
export const startManager = async (options: Partial<TokenManagerOptions> = {}) => {
  const control: { answer: (received: Received, count: number) => Answer | Promise<Answer> } = { answer: () => ({}) }
  const server = await startAuthorizationServer((received, count) => control.answer(received, count))
  const time = createFakeTime()
  const { clock, sleep } = time
  const tokens = createTokenManager({
    issuer: server.url,
    clientId: 'report-generator',
    clientSecret: 'cs_secret',
    clock,
    sleep,
    timeoutMs,
    random: () => 0,
    ...options,
  })
  return {
    control,
    server,
    time,
    tokens,
    sent: () => server.tokenRequests().length,
    get: async () => (await tokens.getToken()).accessToken,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Waits, without time passing, until a condition holds. */
export const until = async (condition: () => boolean) => {
  for (let turns = 0; !condition(); turns++) {
    assert.ok(turns < 1_000_000, 'it never came about')
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
