/** D12: a token is revoked. Introspection knows at once, a verifier on the feed refuses it within a second, and one whose feed is cut within its poll. */
import type { RunningCredence, TestClient } from '../support/credence.ts'
import { basicOf, documentOf, followFeed, introspect, readFeed, revoke } from '../support/introspection.ts'
import { getToken } from '../support/token.ts'
import { createOrders } from '../verifier/orders_verifier.ts'
import { createRevocationProxy } from '../verifier/revocation_proxy.ts'

export interface D12 {
  /** Whether introspection, asked right after the answer to the revocation, said inactive: each time. */
  readonly inactiveAtOnce: boolean
  /** Milliseconds from sending the revocation until the subscriber had it, sorted. */
  readonly pushedAfterMs: readonly number[]
  /** The same for a subscriber that asks every {@link pollMs}. */
  readonly polledAfterMs: readonly number[]
  /** The same until a verifier that follows the stream, and has the token in its cache, refused it. */
  readonly refusedAfterMs: readonly number[]
  /** The same for a verifier behind a proxy that lets no stream through, which asks every {@link verifierPollMs}. */
  readonly refusedByPollAfterMs: readonly number[]
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
export const verifierPollMs = 1_000
const patienceMs = 10_000

export const runD12 = async ({ at, readAt, job, reader }: D12Setting, times: number): Promise<D12> => {
  const stream = await followFeed(readAt, basicOf(reader))
  await stream.waitFor(() => true)
  await using verifiers = await startVerifiers(readAt, reader)
  const { onStream, onPoll } = verifiers
  const pushedAfterMs: number[] = []
  const polledAfterMs: number[] = []
  const refusedAfterMs: number[] = []
  const refusedByPollAfterMs: number[] = []
  let inactiveAtOnce = true
  for (let time = 0; time < times; time++) {
    const token = await getToken(at, job)
    const jti = jtiOf(token)
    for (const { verify } of [onStream, onPoll]) {
      if ((await verify(token)) !== 'accepted') throw new Error('a good token was refused')
    }
    const { cursor } = documentOf(await readFeed(readAt, basicOf(reader)))
    const startedAt = performance.now()
    const pushed = stream.waitFor(({ document }) => document.revoked.some((revoked) => revoked.jti === jti))
    const polled = pollUntil(async () => {
      const { revoked } = documentOf(await readFeed(readAt, basicOf(reader), cursor))
      return revoked.some((entry) => entry.jti === jti)
    })
    const refused = pollUntil(async () => (await onStream.verify(token)) === 'revoked', 1)
    const refusedByPoll = pollUntil(async () => (await onPoll.verify(token)) === 'revoked', 1)
    const answer = await revoke(at, job, token)
    if (answer.status !== 200) throw new Error(`revoking: ${answer.status} ${answer.body}`)
    inactiveAtOnce &&= (await introspect(at, reader, token)).active === false
    const note = (list: number[]) => () => list.push(performance.now() - startedAt)
    await Promise.all([
      pushed.then(note(pushedAfterMs)),
      polled.then(note(polledAfterMs)),
      refused.then(note(refusedAfterMs)),
      refusedByPoll.then(note(refusedByPollAfterMs)),
    ])
  }
  stream.close()
  const sorted = (list: number[]) => list.toSorted((one, other) => one - other)
  return {
    inactiveAtOnce,
    pushedAfterMs: sorted(pushedAfterMs),
    polledAfterMs: sorted(polledAfterMs),
    refusedAfterMs: sorted(refusedAfterMs),
    refusedByPollAfterMs: sorted(refusedByPollAfterMs),
  }
}

/** One verifier on the stream, and one that gets no stream. */
const startVerifiers = async ({ public: { url }, issuer }: RunningCredence, reader: TestClient) => {
  const proxy = await createRevocationProxy(url)
  proxy.mode = 'noStreams'
  const onStream = createOrders({ url, issuer, reader })
  const onPoll = createOrders({ url: proxy.url, issuer, reader, feed: { pollSeconds: verifierPollMs / 1000 } })
  await pollUntil(async () => onStream.feed.status().state === 'connected', 1)
  await pollUntil(async () => onPoll.feed.status().state === 'polling', 1)
  return {
    onStream,
    onPoll,
    async [Symbol.asyncDispose]() {
      onStream.close()
      onPoll.close()
      await proxy.close()
    },
  }
}

const jtiOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti

const pollUntil = async (isThere: () => Promise<boolean>, everyMs = pollMs): Promise<void> => {
  const deadline = performance.now() + patienceMs
  while (!(await isThere())) {
    if (performance.now() > deadline) throw new Error('the poll never saw it')
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
