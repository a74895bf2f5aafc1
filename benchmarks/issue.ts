/** How many tokens a second one core issues: Credence, the limit, and the others, in turn. */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { type Contender, connections, startServer, toRateTable, withContenders } from './contenders.ts'
import { createDataFolder, registerClient, startCredence } from './credence.ts'
import { type Aim, formatRatio, type Section, versionsOf } from './report.ts'
import {
  type Comparison,
  compareInPairs,
  describePlan,
  type Measured,
  measureInTurn,
  type Plan,
  type Target,
} from './rounds.ts'
import { audience, basic, clientId, clientSecret, form } from './servers/request.ts'

interface Issuer extends Contender {
  /** Undefined: its tokens are opaque. */
  readonly keys: JSONWebKeySet | undefined
}

const ours = 'Credence'
const oidcProvider = 'oidc-provider, JWT'

const limits: Readonly<Record<string, readonly string[]>> = {
  'limit, as each arrives, ieee-p1363': ['issue/limit.ts', 'arrival', 'ieee-p1363'],
  'limit, as each arrives, DER': ['issue/limit.ts', 'arrival', 'der'],
  'limit, turn-wise, DER': ['issue/limit.ts', 'turn', 'der'],
}

const others: Readonly<Record<string, readonly string[]>> = {
  'turn-wise behind Fastify': ['issue/limit_fastify.ts'],
  [oidcProvider]: ['issue/oidc_provider.ts'],
  '@node-oauth/oauth2-server, opaque': ['issue/oauth2_server.ts'],
}

const startOther = async (name: string, command: readonly string[]): Promise<Issuer> => {
  const { pid, url, keys, stop } = await startServer(command)
  const authorizations = [basic(clientId, clientSecret)]
  return {
    target: { name, pid, url, authorizations, form, connections },
    keys: isKeySet(keys) ? keys : undefined,
    stop,
  }
}

const isKeySet = (value: unknown): value is JSONWebKeySet =>
  typeof value === 'object' && value !== null && 'keys' in value

const startOurs = async (): Promise<Issuer> => {
  const credence = await startCredence(await createDataFolder())
  const secret = await registerClient(credence)
  const keys: unknown = await (await fetch(`${credence.publicUrl}/.well-known/jwks.json`)).json()
  return {
    target: {
      name: ours,
      pid: credence.pid,
      url: `${credence.publicUrl}/oauth/token`,
      authorizations: [basic(clientId, secret)],
      form,
      connections,
    },
    keys: isKeySet(keys) ? keys : undefined,
    stop: credence.remove,
  }
}

/** @throws when what a server answers is not a token that it should have issued. */
const checkIssues = async ({ target: { name, url, authorizations }, keys }: Issuer): Promise<void> => {
  const headers = { authorization: authorizations[0] ?? '' }
  const response = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) })
  const token = /"access_token":\s*"([^"]+)"/.exec(await response.text())?.[1]
  if (response.status !== 200 || token === undefined) throw new Error(`${name}: issued nothing`)
  if (keys !== undefined)
    await jwtVerify(token, createLocalJWKSet(keys), { audience, typ: 'at+jwt', algorithms: ['ES256'] })
}

export const runIssue = async (plan: Plan): Promise<Section> => {
  const named = Object.entries({ ...limits, ...others })
  const starts = [startOurs, ...named.map((other) => () => startOther(...other))]
  return withContenders(starts, checkIssues, async (targets) => {
    const results = await measureInTurn(targets, plan)
    const target = (name: string): Target => found(targets.find((one) => one.name === name))
    return toSection(results, await compareInPairs(target(ours), target(bestLimit(results)), plan), plan)
  })
}

const found = <T>(value: T | undefined): T => {
  if (value === undefined) throw new TypeError('it was not measured')
  return value
}

const bestLimit = (results: ReadonlyMap<string, Measured>): string => {
  const rateOf = (name: string): number => found(results.get(name)).tokensPerSecond
  return Object.keys(limits).reduce((best, next) => (rateOf(next) > rateOf(best) ? next : best))
}

const toSection = (results: ReadonlyMap<string, Measured>, comparison: Comparison, plan: Plan): Section => {
  const of = (name: string): Measured => found(results.get(name))
  const limit = of(bestLimit(results))
  return {
    title: 'issue',
    ...toRateTable('ES256, client_secret_basic', results, limit.tokensPerSecond),
    aims: aimsOf(of(ours), of(oidcProvider), comparison),
    notes: [
      `${connections} connections, ${describePlan(plan)} The ratio of the aim is that of ${comparison.pairs} pairs, Credence and the limit right after each other; the rows of the table are a minute apart. The limit is the fastest of its three ways; turn_wise.md says why that one is.`,
      `${versionsOf('oidc-provider', '@node-oauth/oauth2-server', 'fastify', 'autocannon')}.`,
    ],
  }
}

const aimsOf = (own: Measured, peer: Measured, { ratio, least, most }: Comparison): readonly Aim[] => {
  const ofPeer = own.tokensPerSecond / peer.tokensPerSecond
  return [
    {
      text: 'at least 0.85 of the limit',
      found: `${formatRatio(ratio)} (${formatRatio(least)} to ${formatRatio(most)})`,
      met: ratio >= 0.85,
    },
    { text: `at least 4.5 times ${oidcProvider}`, found: formatRatio(ofPeer), met: ofPeer >= 4.5 },
    {
      text: `p99 no worse than ${oidcProvider}`,
      found: `${own.p99Ms} ms against ${peer.p99Ms} ms`,
      met: own.p99Ms <= peer.p99Ms,
    },
  ]
}
