/** How many tokens a second one core issues: Credence, the limit, and the others, in turn. */
import { fileURLToPath } from 'node:url'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { createDataFolder, startCredence } from './credence.ts'
import { audience, basic, clientId, clientSecret, form, scope } from './issue/request.ts'
import { pidOf, readReady, serverCore, spawnNode, stop } from './processes.ts'
import { type Aim, formatCount, formatRatio, type Section, versionsOf } from './report.ts'
import { type Measured, measureInTurn, type Plan, type Target } from './rounds.ts'

/** A server that runs and answers the request. */
interface Contender {
  readonly target: Target
  /** Undefined: its tokens are opaque. */
  readonly keys: JSONWebKeySet | undefined
  stop(): Promise<void>
}

const ours = 'Credence'
const oidcProvider = 'oidc-provider, JWT'
const connections = 48

const limits: Readonly<Record<string, readonly string[]>> = {
  'limit, as each arrives, ieee-p1363': ['limit.ts', 'arrival', 'ieee-p1363'],
  'limit, as each arrives, DER': ['limit.ts', 'arrival', 'der'],
  'limit, turn-wise, DER': ['limit.ts', 'turn', 'der'],
}

const others: Readonly<Record<string, readonly string[]>> = {
  'turn-wise behind Fastify': ['limit_fastify.ts'],
  [oidcProvider]: ['oidc_provider.ts'],
  '@node-oauth/oauth2-server, opaque': ['oauth2_server.ts'],
}

const startOther = async (name: string, [file = '', ...args]: readonly string[]): Promise<Contender> => {
  const child = spawnNode(serverCore, [fileURLToPath(new URL(`issue/${file}`, import.meta.url)), ...args])
  const { url, keys } = await readReady(child)
  const authorizations = [basic(clientId, clientSecret)]
  return {
    target: { name, pid: pidOf(child), url: String(url), authorizations, form, connections },
    keys: isKeySet(keys) ? keys : undefined,
    stop: () => stop(child),
  }
}

const isKeySet = (value: unknown): value is JSONWebKeySet =>
  typeof value === 'object' && value !== null && 'keys' in value

const startOurs = async (): Promise<Contender> => {
  const credence = await startCredence(await createDataFolder())
  await credence.run('api', 'create', audience, '--scope', scope)
  const created = await credence.run('client', 'create', clientId, '--grant', `${audience}=${scope}`)
  const secret = String(created.client_secret)
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
const checkIssues = async ({ target: { name, url, authorizations }, keys }: Contender): Promise<void> => {
  const headers = { authorization: authorizations[0] ?? '' }
  const response = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) })
  const token = /"access_token":\s*"([^"]+)"/.exec(await response.text())?.[1]
  if (response.status !== 200 || token === undefined) throw new Error(`${name}: issued nothing`)
  if (keys !== undefined)
    await jwtVerify(token, createLocalJWKSet(keys), { audience, typ: 'at+jwt', algorithms: ['ES256'] })
}

export const runIssue = async (plan: Plan): Promise<Section> => {
  const contenders: Contender[] = []
  try {
    contenders.push(await startOurs())
    for (const [name, args] of Object.entries({ ...limits, ...others })) contenders.push(await startOther(name, args))
    for (const contender of contenders) await checkIssues(contender)
    const targets = contenders.map(({ target }) => target)
    return toSection(await measureInTurn(targets, plan), plan)
  } finally {
    for (const contender of contenders) await contender.stop()
  }
}

const toSection = (results: ReadonlyMap<string, Measured>, plan: Plan): Section => {
  const of = (name: string): Measured => {
    const result = results.get(name)
    if (result === undefined) throw new TypeError(`${name} was not measured`)
    return result
  }
  const limit = Object.keys(limits)
    .map(of)
    .reduce((best, next) => (next.tokensPerSecond > best.tokensPerSecond ? next : best))
  return {
    title: 'issue',
    columns: [
      'ES256, client_secret_basic',
      'tokens/s',
      'of the limit',
      'tokens per CPU second',
      'p99 ms',
      'CPU of the load generator',
    ],
    rows: [...results].map(([name, result]) => [
      name,
      formatCount(result.tokensPerSecond),
      formatRatio(result.tokensPerSecond / limit.tokensPerSecond),
      formatCount(result.tokensPerCpuSecond),
      String(result.p99Ms),
      formatRatio(result.generatorCpu),
    ]),
    aims: aimsOf(of(ours), limit, of(oidcProvider)),
    notes: [
      `${connections} connections, ${plan.rounds} rounds of ${plan.seconds} s in turn, each after ${plan.warmUpSeconds} s of warming up; medians; no request failed. The limit is the fastest of its three ways; turn_wise.md says why that one is.`,
      `${versionsOf('oidc-provider', '@node-oauth/oauth2-server', 'fastify', 'autocannon')}.`,
    ],
  }
}

const aimsOf = (found: Measured, limit: Measured, peer: Measured): readonly Aim[] => {
  const ofLimit = found.tokensPerSecond / limit.tokensPerSecond
  const ofPeer = found.tokensPerSecond / peer.tokensPerSecond
  return [
    { text: 'at least 0.85 of the limit', found: formatRatio(ofLimit), met: ofLimit >= 0.85 },
    { text: `at least 4.5 times ${oidcProvider}`, found: formatRatio(ofPeer), met: ofPeer >= 4.5 },
    {
      text: `p99 no worse than ${oidcProvider}`,
      found: `${found.p99Ms} ms against ${peer.p99Ms} ms`,
      met: found.p99Ms <= peer.p99Ms,
    },
  ]
}
