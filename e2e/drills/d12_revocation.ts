/** D12: a token is revoked. Introspection knows at once, a subscriber of the feed within a second, and one whose feed is cut by its poll. */
import type { RunningCredence, TestClient } from '../support/credence.ts'
import { basicOf, documentOf, followFeed, introspect, readFeed, revoke } from '../support/introspection.ts'
import { getToken } from '../support/token.ts'

export interface D12 {
  /** Whether introspection, asked right after the answer to the revocation, said inactive: each time. */
  readonly inactiveAtOnce: boolean
  /** Milliseconds from sending the revocation until the subscriber had it, sorted. */
  readonly pushedAfterMs: readonly number[]
  /** The same for a subscriber that asks every {@link pollMs}. */
  readonly polledAfterMs: readonly number[]
}

export interface D12Setting {
  /** Where tokens are revoked. */
  readonly at: RunningCredence
  /** Where the feed is read: the same server, or another over the same database. */
  readonly readAt: RunningCredence
  readonly job: TestClient
  readonly reader: TestClient
}

export const pollMs = 200
const patienceMs = 10_000

export const runD12 = async ({ at, readAt, job, reader }: D12Setting, times: number): Promise<D12> => {
  const stream = await followFeed(readAt, basicOf(reader))
  await stream.waitFor(() => true)
  const pushedAfterMs: number[] = []
  const polledAfterMs: number[] = []
  let inactiveAtOnce = true
  for (let time = 0; time < times; time++) {
    const token = await getToken(at, job)
    const jti = jtiOf(token)
    const { cursor } = documentOf(await readFeed(readAt, basicOf(reader)))
    const startedAt = performance.now()
    const pushed = stream.waitFor(({ document }) => document.revoked.some((revoked) => revoked.jti === jti))
    const polled = pollUntil(async () => {
      const { revoked } = documentOf(await readFeed(readAt, basicOf(reader), cursor))
      return revoked.some((entry) => entry.jti === jti)
    })
    const answer = await revoke(at, job, token)
    if (answer.status !== 200) throw new Error(`revoking: ${answer.status} ${answer.body}`)
    inactiveAtOnce &&= (await introspect(at, reader, token)).active === false
    await pushed.then(() => pushedAfterMs.push(performance.now() - startedAt))
    await polled.then(() => polledAfterMs.push(performance.now() - startedAt))
  }
  stream.close()
  const sorted = (list: number[]) => list.toSorted((one, other) => one - other)
  return { inactiveAtOnce, pushedAfterMs: sorted(pushedAfterMs), polledAfterMs: sorted(polledAfterMs) }
}

const jtiOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti

const pollUntil = async (isThere: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + patienceMs
  while (!(await isThere())) {
    if (performance.now() > deadline) throw new Error('the poll never saw it')
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
