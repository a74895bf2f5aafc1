/** What a guard costs a request: Express, Fastify and Hono apps with none, with Credence's, and with what their users have otherwise. */
import { startIssuer } from './adapters/issuer.ts'
import { type Contender, connections, measureContenders, startServer } from './contenders.ts'
import { type Aim, formatCount, formatRatio, type Section, versionsOf } from './report.ts'
import { describePlan, type Measured, type Plan, type Target } from './rounds.ts'

interface Framework {
  readonly name: string
  readonly file: string
  /** Names for the table, by the name of the guard on the command line; the first is the app with no guard. */
  readonly guards: Readonly<Record<string, string>>
}

const none = 'none'
const ours = 'credence'

const frameworks: readonly Framework[] = [
  {
    name: 'Express',
    file: 'adapters/express.ts',
    guards: {
      [none]: 'no guard',
      [ours]: 'Credence',
      'express-oauth2-jwt-bearer': 'express-oauth2-jwt-bearer',
    },
  },
  {
    name: 'Fastify',
    file: 'adapters/fastify.ts',
    guards: {
      [none]: 'no guard',
      [ours]: 'Credence',
      'get-jwks': '@fastify/jwt, get-jwks',
      'key-at-hand': '@fastify/jwt, key at hand, its cache on',
    },
  },
  {
    name: 'Hono',
    file: 'adapters/hono.ts',
    guards: {
      [none]: 'no guard',
      [ours]: 'Credence',
      'jwks-uri': 'hono/jwk, jwks_uri',
      'keys-at-hand': 'hono/jwk, keys at hand',
    },
  },
]

/** An app, and whether it lets nobody pass without a token. */
interface App extends Contender {
  readonly isGuarded: boolean
}

const targetName = (framework: Framework, guard: string): string => `${framework.name}, ${framework.guards[guard]}`

/** @throws when a server lets a request without a token pass that should not, or does not let one with a token. */
const checkGuards = async ({ target: { name, url, authorizations }, isGuarded }: App): Promise<void> => {
  const statusOf = async (headers: Record<string, string>) => (await fetch(url, { headers })).status
  const found = [await statusOf({}), await statusOf({ authorization: authorizations[0] ?? '' })]
  if (found.join() !== `${isGuarded ? 401 : 200},200`) throw new Error(`${name}: answers ${found.join(' and ')}`)
}

type Issuer = Awaited<ReturnType<typeof startIssuer>>

const start = async (framework: Framework, guard: string, { issuer, token }: Issuer): Promise<App> => {
  const { pid, url, stop } = await startServer([framework.file, guard, issuer])
  const name = targetName(framework, guard)
  const authorizations = [`Bearer ${token}`]
  const target: Target = { name, pid, url, method: 'GET', authorizations, form: '', connections }
  return { target, isGuarded: guard !== none, stop }
}

export const runAdapters = async (plan: Plan): Promise<Section> => {
  const issuer = await startIssuer()
  const starts = frameworks.flatMap((framework) =>
    Object.keys(framework.guards).map((guard) => () => start(framework, guard, issuer)),
  )
  try {
    return toSection(await measureContenders(starts, checkGuards, plan), plan)
  } finally {
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
      `${connections} connections, ${describePlan(plan)} One token for all requests, one scope asked of it. Credence has its cache on, as it comes. hono/jwk with \`jwks_uri\` fetches the key set with every request; @fastify/jwt and hono/jwk leave the scope to the application, which checks it here.`,
      `${versionsOf('express', 'express-oauth2-jwt-bearer', 'fastify', '@fastify/jwt', 'get-jwks', 'hono', '@hono/node-server', 'autocannon')}.`,
    ],
  }
}

if (import.meta.main) console.log(await runAdapters({ rounds: 1, seconds: 1, warmUpSeconds: 1 }))
