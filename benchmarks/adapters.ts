/** What a guard costs a request: Express, Fastify and Hono apps with none, with Credence's, and with what their users have otherwise. */
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startIssuer } from './adapters/issuer.ts'
import { pidOf, readReady, serverCore, spawnNode, stop } from './processes.ts'
import { type Aim, formatCount, formatRatio, type Section, versionsOf } from './report.ts'
import { type Measured, measureInTurn, type Plan, type Target } from './rounds.ts'

interface Framework {
  readonly name: string
  readonly file: string
  /** Names for the table, by the name of the guard on the command line; the first is the app with no guard. */
  readonly guards: Readonly<Record<string, string>>
}

const connections = 48
const none = 'none'
const ours = 'credence'

const frameworks: readonly Framework[] = [
  {
    name: 'Express',
    file: 'express.ts',
    guards: {
      [none]: 'no guard',
      [ours]: 'Credence',
      'express-oauth2-jwt-bearer': 'express-oauth2-jwt-bearer',
    },
  },
  {
    name: 'Fastify',
    file: 'fastify.ts',
    guards: {
      [none]: 'no guard',
      [ours]: 'Credence',
      'get-jwks': '@fastify/jwt, get-jwks',
      'key-at-hand': '@fastify/jwt, key at hand, its cache on',
    },
  },
  {
    name: 'Hono',
    file: 'hono.ts',
    guards: {
      [none]: 'no guard',
      [ours]: 'Credence',
      'jwks-uri': 'hono/jwk, jwks_uri',
      'keys-at-hand': 'hono/jwk, keys at hand',
    },
  },
]

interface Started {
  readonly target: Target
  readonly child: ChildProcess
}

const targetName = (framework: Framework, guard: string): string => `${framework.name}, ${framework.guards[guard]}`

/** @throws when a server lets a request without a token pass that should not, or does not let one with a token. */
const checkGuards = async ({ name, url, authorizations }: Target, isGuarded: boolean): Promise<void> => {
  const statusOf = async (headers: Record<string, string>) => (await fetch(url, { headers })).status
  const found = [await statusOf({}), await statusOf({ authorization: authorizations[0] ?? '' })]
  if (found.join() !== `${isGuarded ? 401 : 200},200`) throw new Error(`${name}: answers ${found.join(' and ')}`)
}

type Issuer = Awaited<ReturnType<typeof startIssuer>>

const start = async (framework: Framework, guard: string, { issuer, token }: Issuer): Promise<Started> => {
  const file = fileURLToPath(new URL(`adapters/${framework.file}`, import.meta.url))
  const child = spawnNode(serverCore, [file, guard, issuer])
  const { url } = await readReady(child)
  const authorizations = [`Bearer ${token}`]
  const name = targetName(framework, guard)
  const target = {
    name,
    pid: pidOf(child),
    url: String(url),
    method: 'GET' as const,
    authorizations,
    form: '',
    connections,
  }
  await checkGuards(target, guard !== none)
  return { target, child }
}

export const runAdapters = async (plan: Plan): Promise<Section> => {
  const issuer = await startIssuer()
  const started: Started[] = []
  try {
    for (const framework of frameworks)
      for (const guard of Object.keys(framework.guards)) started.push(await start(framework, guard, issuer))
    return toSection(
      await measureInTurn(
        started.map(({ target }) => target),
        plan,
      ),
      plan,
    )
  } finally {
    for (const { child } of started) await stop(child)
    issuer.close()
  }
}

const toSection = (results: ReadonlyMap<string, Measured>, plan: Plan): Section => {
  const of = (framework: Framework, guard: string): Measured => {
    const result = results.get(targetName(framework, guard))
    if (result === undefined) throw new TypeError(`${targetName(framework, guard)} was not measured`)
    return result
  }
  /** Microseconds of CPU. */
  const cpuOf = (framework: Framework, guard: string) => 1_000_000 / of(framework, guard).tokensPerCpuSecond
  const overheadOf = (framework: Framework, guard: string) => cpuOf(framework, guard) - cpuOf(framework, none)
  const rowOf = (framework: Framework, guard: string) => [
    targetName(framework, guard),
    formatCount(of(framework, guard).tokensPerSecond),
    formatRatio(of(framework, guard).tokensPerSecond / of(framework, none).tokensPerSecond),
    cpuOf(framework, guard).toFixed(1),
    guard === none ? '' : overheadOf(framework, guard).toFixed(1),
  ]
  const aimOf = (framework: Framework, guard: string): Aim => {
    const [found, peer] = [overheadOf(framework, ours), overheadOf(framework, guard)]
    return {
      text: `${framework.name}: costs a request less than ${framework.guards[guard]}`,
      found: `${found.toFixed(1)} µs against ${peer.toFixed(1)} µs`,
      met: found < peer,
    }
  }
  const peersOf = ({ guards }: Framework) => Object.keys(guards).filter((guard) => guard !== none && guard !== ours)
  return {
    title: 'adapters',
    columns: ['a hot RS256 token', 'requests/s', 'of no guard', 'CPU µs a request', 'of that the guard'],
    rows: frameworks.flatMap((framework) => Object.keys(framework.guards).map((guard) => rowOf(framework, guard))),
    aims: frameworks.flatMap((framework) => peersOf(framework).map((guard) => aimOf(framework, guard))),
    notes: [
      `${connections} connections, ${plan.rounds} rounds of ${plan.seconds} s in turn, each after ${plan.warmUpSeconds} s of warming up; medians; no request failed. One token for all requests, one scope asked of it. Credence has its cache on, as it comes. hono/jwk with \`jwks_uri\` fetches the key set with every request; @fastify/jwt and hono/jwk leave the scope to the application, which checks it here.`,
      `${versionsOf('express', 'express-oauth2-jwt-bearer', 'fastify', '@fastify/jwt', 'get-jwks', 'hono', '@hono/node-server', 'autocannon')}.`,
    ],
  }
}

if (import.meta.main) console.log(await runAdapters({ rounds: 1, seconds: 1, warmUpSeconds: 1 }))
