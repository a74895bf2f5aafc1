/**
 * D13: signing keys rotated under load: no verification fails, whichever way a verifier keeps the key set.
 *
 * Time is moved by hand, 30 s at a time, for servers and verifiers alike. It stands still while the servers learn of a step,
 * since that takes them two real seconds, which are two seconds of a rotation too.
 */
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { jsonOf, sendHttp } from '../support/http.ts'
import { basic } from '../support/token.ts'
import { type D13Servers, startServers } from './d13_servers.ts'
import { createVerifiers, type D13Verifier } from './d13_verifiers.ts'

export interface D13Options {
  readonly rotations: number
  /** Tokens asked for at once, at every 30 s of time. */
  readonly load: number
  /** Replicas over one PostgreSQL database: tokens come from the last, the key set from the first. One on SQLite unless given. */
  readonly replicas?: { readonly count: number; readonly databaseUrl: string }
}

export interface D13Figures {
  readonly tokens: number
  readonly verifications: number
  /** What went wrong, in words. */
  readonly failures: readonly string[]
  readonly keysSeen: number
  readonly simulatedHours: number
}

const audience = 'https://orders.example.com'
const stepSeconds = 30
/** 30 s each: a while in which every verifier reads the key set anew at least once. */
const stepsBetween = 25
const maxSteps = 1_000

interface Held {
  readonly token: string
  readonly kid: string
  readonly expiresAt: number
}

/** Who asks for tokens and has them verified, those that are new and those that are about to expire. */
const createLoad = (deps: {
  readonly load: number
  readonly issue: () => Promise<Held>
  readonly verifiers: readonly D13Verifier[]
  readonly now: () => number
}) => {
  const { load, issue, verifiers, now } = deps
  const start = now()
  const failures: string[] = []
  const kids = new Set<string>()
  let held: Held[] = []
  let tokens = 0
  let verifications = 0

  const verify = ({ token, kid }: Held): Promise<unknown> =>
    Promise.all(
      verifiers.map(async (verifier) => {
        verifications++
        await verifier.verify(token).catch((error) => {
          failures.push(`${verifier.name}, ${now() - start} s, key ${kid.slice(0, 5)}: ${error}`)
        })
      }),
    )

  return {
    async work(): Promise<readonly Held[]> {
      const fresh = await Promise.all(Array.from({ length: load }, issue))
      tokens += fresh.length
      for (const { kid } of fresh) kids.add(kid)
      held = held.filter(({ expiresAt }) => expiresAt > now())
      await Promise.all([...fresh, ...held.slice(0, load), ...held.slice(-load)].map(verify))
      held.push(...fresh)
      return fresh
    },
    figures: (): D13Figures => ({
      tokens,
      verifications,
      failures,
      keysSeen: kids.size,
      simulatedHours: (now() - start) / 3600,
    }),
  }
}

const createIssue = (url: string, authorization: string, now: () => number) => async (): Promise<Held> => {
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  const call = { method: 'POST', path: '/oauth/token', headers, body: 'grant_type=client_credentials' }
  const answer = await sendHttp({ url }, call)
  assert.equal(answer.status, 200, answer.body)
  const { access_token: token, expires_in: lifetime } = jsonOf(answer)
  const [header = ''] = String(token).split('.', 1)
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
  return { token: String(token), kid, expiresAt: now() + Number(lifetime) }
}

const publishedKids = async (url: string): Promise<string> => {
  const { body } = await sendHttp({ url }, { path: '/.well-known/jwks.json' })
  return JSON.parse(body)
    .keys.map(({ kid }: { readonly kid: string }) => kid)
    .join()
}

/** Goes on working, time standing still, until every server has heard of what was done. */
const untilAllKnow = async ({ servers, listKeys }: D13Servers, work: () => Promise<readonly Held[]>): Promise<void> => {
  const keys = await listKeys()
  const expected = keys.map(({ kid }) => kid).join()
  const active = keys.find(({ status }) => status === 'active')?.kid
  for (let attempt = 0; attempt < 100; attempt++) {
    const known = await Promise.all(servers.map(({ publicUrl }) => publishedKids(publicUrl)))
    const fresh = await work()
    if (known.every((kids) => kids === expected) && fresh.every(({ kid }) => kid === active)) return
    await delay(50)
  }
  assert.fail('the servers have not heard of a step within 5 s')
}

export const runD13 = async ({ rotations, load, replicas }: D13Options): Promise<D13Figures> => {
  let time = Math.floor(Date.now() / 1000)
  const now = () => time
  // jose keeps its key set by Date.now, and takes no clock for that
  const realDateNow = Date.now
  Date.now = () => time * 1000
  try {
    await using drill = await startServers({ now, replicas })
    const [first] = drill.servers
    const last = drill.servers.at(-1)
    assert.ok(first && last)
    await drill.manage('/apis', { audience, scopes: ['orders:read'], token_ttl_seconds: 3600 })
    const client = { client_id: 'job', grants: [{ audience, scopes: ['orders:read'] }] }
    const { client_secret: secret } = await drill.manage('/clients', client)

    const { work, figures } = createLoad({
      load,
      issue: createIssue(last.publicUrl, basic('job', String(secret)), now),
      verifiers: createVerifiers({
        issuer: first.issuer,
        audience,
        jwksUri: `${first.publicUrl}/.well-known/jwks.json`,
        now,
      }),
      now,
    })
    const workFor = async (steps: number) => {
      for (let step = 0; step < steps; step++) {
        await work()
        time += stepSeconds
      }
    }
    await workFor(stepsBetween)
    for (let rotation = 0; rotation < rotations; rotation++) {
      await drill.manage('/signing-keys/rotate', {})
      await untilAllKnow(drill, work)
      for (let step = 0; (await drill.listKeys()).length > 1; step++) {
        assert.ok(step < maxSteps, 'the rotation did not come to its end')
        await workFor(1)
        if ((await drill.takeSteps()) > 0) await untilAllKnow(drill, work)
      }
      await workFor(stepsBetween)
    }
    return figures()
  } finally {
    Date.now = realDateNow
  }
}

if (import.meta.main) {
  const { startPostgres } = await import('../../packages/storage/src/testing/embedded_postgres.ts')
  console.log('D13, one server on SQLite', await runD13({ rotations: 5, load: 8 }))
  const postgres = await startPostgres()
  try {
    const replicas = { count: 2, databaseUrl: await postgres.createDatabase() }
    console.log('D13, two replicas on PostgreSQL', await runD13({ rotations: 2, load: 8, replicas }))
  } finally {
    await postgres.stop()
  }
}
