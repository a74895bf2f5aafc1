/** D16: the issuer is down for an hour, by the verifier's clock. Tokens go on being verified, with cached keys and with what the feed had said. */
import { createGuardedFetch } from '@credence/jwt'
import { systemClock } from '@credence/protocol'
import { createResourceServer, revocationFeed } from '@credence/verifier'
import { until } from '../declarative/until.ts'
import { startCredence } from '../support/credence.ts'
import { revoke } from '../support/introspection.ts'
import { getToken } from '../support/token.ts'

export interface D16 {
  /** Calls while the issuer was down, with tokens that were good. */
  readonly calls: number
  readonly accepted: number
  /** Calls with a token that was revoked before the issuer went down. */
  readonly revokedCalls: number
  readonly revokedRefused: number
  /** Attempts to fetch the keys meanwhile. */
  readonly fetches: number
  readonly minutes: number
}

const audience = 'https://orders.example.com'
const minutes = 60

export const runD16 = async (callsPerMinute: number): Promise<D16> => {
  const credence = await startCredence()
  await using stack = new AsyncDisposableStack()
  stack.defer(credence.dispose)
  const { issuer } = credence
  await credence.createApi({ audience, scopes: ['orders:read'], token_ttl_seconds: 3_600 })
  const job = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['orders:read'] }] })
  const reader = await credence.createClient({ client_id: 'orders-api', serves: [audience] })
  // a minute more than the outage lasts is what a token has of its hour when this begins
  let stepped = -60
  const clock = {
    epochSeconds: () => systemClock.epochSeconds() + stepped,
    monotonicMs: () => systemClock.monotonicMs() + stepped * 1000,
  }
  let fetches = 0
  const fetchDocument = createGuardedFetch({ reach: 'loopback' })
  const feed = revocationFeed({ issuer, clientId: reader.client_id, clientSecret: reader.client_secret, clock })
  const orders = createResourceServer({
    resource: audience,
    issuers: [{ issuer }],
    clock,
    clockToleranceSeconds: 60,
    cache: false,
    revocation: feed,
    fetchDocument: (url) => {
      fetches++
      return fetchDocument(url)
    },
  })
  stack.defer(orders.close)
  const verify = (token: string) =>
    orders.verify({ method: 'GET', url: '/', headers: { authorization: `Bearer ${token}` } })

  const [token, revoked] = [await getToken(credence, job), await getToken(credence, job)]
  if (!(await verify(token)).ok) throw new Error('a good token was refused')
  await revoke(credence, job, revoked)
  await until(
    async () => !(await verify(revoked)).ok,
    () => JSON.stringify(feed.status()),
  )
  await credence.stop()
  fetches = 0

  const outage = { calls: 0, accepted: 0, revokedCalls: 0, revokedRefused: 0 }
  for (let minute = 0; minute < minutes; minute++) {
    stepped += 60
    for (let call = 0; call < callsPerMinute; call++) {
      outage.calls++
      outage.revokedCalls++
      if ((await verify(token)).ok) outage.accepted++
      const refusal = await verify(revoked)
      if (!refusal.ok && refusal.code === 'revoked') outage.revokedRefused++
    }
  }
  return { ...outage, fetches, minutes }
}

if (import.meta.main) {
  const found = await runD16(100)
  console.log('D16', found)
  if (found.accepted < found.calls || found.revokedRefused < found.revokedCalls) process.exitCode = 1
}
