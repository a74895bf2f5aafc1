/** Service A: a background job that calls an API every few seconds and never has to think about tokens or rotated secrets. */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTokenManager, environmentSecret } from '@credence/client'
import { fileSecret } from '@credence/client/node'

const { env } = process
const ordersUrl = env.ORDERS_URL ?? 'http://127.0.0.1:3000'
const intervalMs = Number(env.REPORT_INTERVAL_MS ?? 5000)
const secretFile = env.CREDENCE_CLIENT_SECRET_FILE

const tokens = createTokenManager({
  issuer: env.CREDENCE_ISSUER ?? 'http://127.0.0.1:8400',
  clientId: env.CREDENCE_CLIENT_ID ?? 'report-job',
  // looked at anew for every token, so that a rotated secret is picked up without a restart
  clientSecret: secretFile ? fileSecret(secretFile) : environmentSecret('CREDENCE_CLIENT_SECRET'),
  audience: env.ORDERS_AUDIENCE ?? 'https://orders.example.com',
})

const report = async (): Promise<string> => {
  // a token is kept until shortly before it expires; only a demonstration wants a new one for every run
  if (env.REPORT_RENEW_ALWAYS) await tokens.getToken({ forceRefresh: true })
  const read = await tokens.fetch(`${ordersUrl}/jobs`)
  const { jobs = [] } = (await read.json()) as { jobs?: string[] }
  const added = await tokens.fetch(`${ordersUrl}/jobs`, { method: 'POST' })
  const { error = '' } = (await added.json()) as { error?: string }
  return `GET /jobs ${read.status} (${jobs.length} jobs), POST /jobs ${added.status} ${error}`.trim()
}

const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())
console.log(`report_job is ready: every ${intervalMs} ms`)
for (let run = 1; !stopping.signal.aborted; run++) {
  console.log(`run ${run}: ${await report().catch((error: Error) => `failed, ${error.message}`)}`)
  await sleep(intervalMs, undefined, { signal: stopping.signal }).catch(() => undefined)
}
