/** What revocation costs: 100,000 revocations held and introspected against, 1,000 subscribers told of one. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStorage } from '@credence/storage'
import { createDataFolder, type RunningCredence, startCredence } from './credence.ts'
import { subscribe } from './feed/subscribers.ts'
import { cpuSecondsOf, residentBytesOf } from './processes.ts'
import { formatCount, formatRatio, type Section } from './report.ts'
import { type Measured, measureInTurn, median, runLoad, type Target } from './rounds.ts'
import { audience, basic, form, scope } from './servers/request.ts'

const revocations = 100_000
const subscribers = 1_000
const told = 20
const issuer = 'https://auth.example.com'
const restMs = 3_000
const seconds = 4

/** A data folder with one client in it, its server stopped. */
interface Setting {
  readonly data: string
  readonly authorization: string
}

interface Served {
  readonly credence: RunningCredence
  readonly authorization: string
}

/** Straight into the store: one request each would take minutes. */
const revokeMany = async (data: string): Promise<void> => {
  const storage = await openStorage({ database: { kind: 'sqlite', file: join(data, 'credence.db') } })
  const now = Math.floor(Date.now() / 1000)
  const made = { kind: 'token', issuer, audience, clientId: 'others', createdAt: now } as const
  const times = { expiresAt: now + 3_600, neededUntil: now + 3_660 }
  for (let at = 0; at < revocations; at += 1_000) {
    await storage.transaction(async (stores) => {
      for (let next = at; next < at + 1_000; next++) {
        await stores.revocations.append({ ...made, ...times, jti: `${String(next).padStart(18, '0')}bulk` })
      }
    })
  }
  await storage.close()
}

const setUp = async (fill: (data: string) => Promise<void> = async () => {}): Promise<Setting> => {
  const data = await createDataFolder()
  const credence = await startCredence(data)
  await credence.run('api', 'create', audience, '--scope', scope)
  const client = await credence.run('client', 'create', 'job', '--grant', `${audience}=${scope}`, '--serves', audience)
  await credence.stop()
  await fill(data)
  return { data, authorization: basic('job', String(client.client_secret)) }
}

const start = async ({ data, authorization }: Setting): Promise<Served> => ({
  credence: await startCredence(data),
  authorization,
})

const fetchToken = async ({ publicUrl }: RunningCredence, authorization: string): Promise<string> => {
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await fetch(`${publicUrl}/oauth/token`, { method: 'POST', headers, body: form })
  return String(((await answer.json()) as { readonly access_token: unknown }).access_token)
}

/** In turn, so that whatever slows the machine down slows both down. */
const measureIntrospection = async (servers: ReadonlyMap<string, Served>) => {
  const targets: Target[] = []
  for (const [name, { credence, authorization }] of servers) {
    const body = new URLSearchParams({ token: await fetchToken(credence, authorization) }).toString()
    const url = `${credence.publicUrl}/oauth/introspect`
    targets.push({ name, pid: credence.pid, url, authorizations: [authorization], form: body, connections: 48 })
  }
  return measureInTurn(targets, { rounds: 3, seconds: 3, warmUpSeconds: 3 })
}

/** CPU of the server for one token, for comparison: in seconds. */
const measureIssuing = async ({ credence: { pid, publicUrl }, authorization }: Served): Promise<number> => {
  const before = cpuSecondsOf(pid)
  const load = { url: `${publicUrl}/oauth/token`, authorizations: [authorization], form, connections: 48, seconds }
  const { tokensPerSecond } = await runLoad(load)
  return (cpuSecondsOf(pid) - before) / (tokensPerSecond * seconds)
}

const readCursor = async (feed: string, authorization: string): Promise<{ cursor: string; bytes: number }> => {
  let cursor = ''
  let bytes = 0
  for (;;) {
    const answer = await fetch(`${feed}${cursor === '' ? '' : `?since=${cursor}`}`, { headers: { authorization } })
    const text = await answer.text()
    const page = JSON.parse(text) as { cursor: string; revoked: readonly unknown[]; cutoffs: readonly unknown[] }
    cursor = page.cursor
    bytes += text.length
    if (page.revoked.length + page.cutoffs.length === 0) return { cursor, bytes }
  }
}

const measureFeed = async ({ credence, authorization }: Served, cpuPerToken: number) => {
  const url = `${credence.publicUrl}/oauth/revocations`
  const { cursor, bytes } = await readCursor(url, authorization)
  // the memory of the start is given back half a second after it
  await sleep(2_000)
  const restingBefore = residentBytesOf(credence.pid)
  const following = await subscribe({ url, authorization, count: subscribers, cursor })
  await sleep(restMs)
  const perSubscriberKib = (residentBytesOf(credence.pid) - restingBefore) / subscribers / 1024
  const heardMs: number[] = []
  const before = cpuSecondsOf(credence.pid)
  for (let time = 0; time < told; time++) {
    const token = await fetchToken(credence, authorization)
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    const startedAt = performance.now()
    const heard = following.untilAllHave(jti)
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
    await fetch(`${credence.publicUrl}/oauth/revoke`, { method: 'POST', headers, body: new URLSearchParams({ token }) })
    await heard
    heardMs.push(performance.now() - startedAt)
  }
  const cpuPerDelivery = (cpuSecondsOf(credence.pid) - before) / (told * subscribers)
  following.close()

  const startedAt = performance.now()
  const late = await subscribe({ url, authorization, count: 1 })
  while (late.bytes() < bytes * 0.9) await sleep(20)
  const wholeFeedMs = performance.now() - startedAt
  late.close()
  const deliveryRatio = cpuPerDelivery / cpuPerToken
  return {
    bytes,
    perSubscriberKib,
    heardMs: median(heardMs),
    worstMs: Math.max(...heardMs),
    deliveryRatio,
    wholeFeedMs,
  }
}

const without = 'introspections without revocations'
const withAll = `introspections with ${formatCount(revocations)}`

export const runFeed = async (): Promise<Section> => {
  // the ports are free ones, and a revocation is of tokens of one issuer
  process.env.CREDENCE_ISSUER = issuer
  const filled = await setUp(revokeMany)
  const empty = await start(await setUp())
  let full = await start(filled)
  try {
    await sleep(restMs)
    const memory = residentBytesOf(full.credence.pid) - residentBytesOf(empty.credence.pid)
    const servers = new Map([
      [without, empty],
      [withAll, full],
    ])
    const introspections = await measureIntrospection(servers)
    const cpuPerToken = await measureIssuing(empty)
    // what a subscriber holds shows only where no load has left room
    await full.credence.stop()
    full = await start(filled)
    return toSection(memory / revocations, introspections, await measureFeed(full, cpuPerToken))
  } finally {
    delete process.env.CREDENCE_ISSUER
    await empty.credence.remove()
    await full.credence.remove()
  }
}

type Told = Awaited<ReturnType<typeof measureFeed>>

const toSection = (bytesEach: number, introspections: ReadonlyMap<string, Measured>, found: Told): Section => {
  const perCpuSecond = (name: string) => introspections.get(name)?.tokensPerCpuSecond ?? Number.NaN
  const ratio = perCpuSecond(withAll) / perCpuSecond(without)
  const { perSubscriberKib, heardMs, worstMs, deliveryRatio } = found
  return {
    title: 'feed',
    columns: [`${formatCount(revocations)} revocations, ${formatCount(subscribers)} subscribers`, 'found'],
    rows: [
      ...[without, withAll].map((name) => [`${name}, for a CPU second`, formatCount(perCpuSecond(name))]),
      ['memory of a revocation, bytes', formatCount(bytesEach)],
      ['memory of a subscriber, KiB', formatCount(perSubscriberKib)],
      ['until all subscribers have one, ms, median and worst', `${formatCount(heardMs)}, ${formatCount(worstMs)}`],
      ['CPU of telling one subscriber, of that of issuing one token', formatRatio(deliveryRatio)],
      ['the whole feed, bytes a revocation', formatCount(found.bytes / revocations)],
      ['the whole feed for one late subscriber, ms', formatCount(found.wholeFeedMs)],
    ],
    aims: [
      { text: 'introspection: at least 0.9 of that without revocations', found: formatRatio(ratio), met: ratio >= 0.9 },
      { text: 'under 1,000 bytes of memory a revocation', found: formatCount(bytesEach), met: bytesEach < 1_000 },
      {
        text: 'under 64 KiB of memory a subscriber',
        found: formatCount(perSubscriberKib),
        met: perSubscriberKib < 64,
      },
      { text: 'all subscribers within a second (D12)', found: `${formatCount(worstMs)} ms`, met: worstMs < 1_000 },
      {
        text: 'telling a subscriber costs less than issuing a token',
        found: formatRatio(deliveryRatio),
        met: deliveryRatio < 1,
      },
    ],
    notes: [`${told} revocations, each told to every subscriber; the subscribers share one process on the other core.`],
  }
}
