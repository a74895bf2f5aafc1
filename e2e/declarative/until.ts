/** Waiting for what another process does, with an end. */
import { setTimeout as delay } from 'node:timers/promises'

const patienceMs = 20_000
const stepMs = 25

/** Resolves once `check` finds what it looks for. @throws after 20 s, with what there was instead */
export const until = async <T>(
  check: () => T | undefined | Promise<T | undefined>,
  instead: () => string,
): Promise<T> => {
  for (const end = performance.now() + patienceMs; performance.now() < end; ) {
    const found = await check()
    if (found !== undefined && found !== false) return found
    await delay(stepMs)
  }
  throw new Error(`waited in vain: ${instead()}`)
}
