/** How many tokens bound by DPoP one core issues in a second, each for a proof that is claimed durably: Credence, the limit, oidc-provider. */
import { fileURLToPath } from 'node:url'
import { createDataFolder, startCredence } from './credence.ts'
import { makeProofs } from './dpop/proofs.ts'
import { audience, basic, clientId, clientSecret, form, scope } from './issue/request.ts'
import { pidOf, readReady, serverCore, spawnNode, stop } from './processes.ts'
import { formatCount, formatRatio, type Section, versionsOf } from './report.ts'
import { type Measured, measureInTurn, type Plan, type Target } from './rounds.ts'

interface Contender {
  readonly target: Target
  stop(): Promise<void>
}

const ours = 'Credence'
const oidcProvider = 'oidc-provider, proofs in memory'
const connections = 48

const limits: Readonly<Record<string, readonly string[]>> = {
  'limit, every key imported': ['limit.ts', 'import'],
  'limit, keys kept': ['limit.ts', 'keep'],
}

const others: Readonly<Record<string, readonly string[]>> = { ...limits, [oidcProvider]: ['oidc_provider.ts'] }

const startOther = async (name: string, [file = '', ...args]: readonly string[]): Promise<Contender> => {
  const child = spawnNode(serverCore, [fileURLToPath(new URL(`dpop/${file}`, import.meta.url)), ...args])
  const url = String((await readReady(child)).url)
  const authorizations = [basic(clientId, clientSecret)]
  return {
    target: { name, pid: pidOf(child), url, authorizations, form, connections, proofsFor: url },
    stop: () => stop(child),
  }
}

const startOurs = async (): Promise<Contender> => {
  const credence = await startCredence(await createDataFolder())
  await credence.run('api', 'create', audience, '--scope', scope)
  const created = await credence.run('client', 'create', clientId, '--grant', `${audience}=${scope}`)
  const url = `${credence.publicUrl}/oauth/token`
  const authorizations = [basic(clientId, String(created.client_secret))]
  return {
    target: { name: ours, pid: credence.pid, url, authorizations, form, connections, proofsFor: url },
    stop: credence.remove,
  }
}

/** @throws when a server issues nothing for a proof, or something when the same proof comes again. */
const checkIssues = async ({ target: { name, url, authorizations } }: Contender): Promise<void> => {
  const [dpop = ''] = makeProofs(url, 1)
  const ask = async (): Promise<number> => {
    const headers = { authorization: authorizations[0] ?? '', dpop }
    const response = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) })
    await response.arrayBuffer()
    return response.status
  }
  if ((await ask()) !== 200) throw new Error(`${name}: issued nothing`)
  if ((await ask()) !== 400) throw new Error(`${name}: took the same proof twice`)
}

export const runDpop = async (plan: Plan): Promise<Section> => {
  const contenders: Contender[] = []
  try {
    contenders.push(await startOurs())
    for (const [name, args] of Object.entries(others)) contenders.push(await startOther(name, args))
    for (const contender of contenders) await checkIssues(contender)
    const targets = contenders.map(({ target }) => target)
    return toSection(await measureInTurn(targets, plan), plan)
  } finally {
    for (const contender of contenders) await contender.stop()
  }
}

const toSection = (results: ReadonlyMap<string, Measured>, plan: Plan): Section => {
  const rateOf = (name: string): number => results.get(name)?.tokensPerSecond ?? Number.NaN
  const limit = Math.max(...Object.keys(limits).map(rateOf))
  const [ofLimit, ofPeer] = [rateOf(ours) / limit, rateOf(ours) / rateOf(oidcProvider)]
  return {
    title: 'dpop',
    columns: [
      'ES256, client_secret_basic, ES256 proofs',
      'tokens/s',
      'of the limit',
      'tokens per CPU second',
      'p99 ms',
      'CPU of the load generator',
    ],
    rows: [...results].map(([name, result]) => [
      name,
      formatCount(result.tokensPerSecond),
      formatRatio(result.tokensPerSecond / limit),
      formatCount(result.tokensPerCpuSecond),
      String(result.p99Ms),
      formatRatio(result.generatorCpu),
    ]),
    aims: [
      { text: 'at least 0.70 of the limit', found: formatRatio(ofLimit), met: ofLimit >= 0.7 },
      { text: `faster than ${oidcProvider}`, found: `${formatRatio(ofPeer)} times`, met: ofPeer > 1 },
    ],
    notes: [
      `${connections} connections of clients with 32 keys, every proof new and made beforehand, ${plan.rounds} rounds of ${plan.seconds} s in turn, each after ${plan.warmUpSeconds} s of warming up; medians; no request failed. The limit is the faster of its two ways: it verifies the proof, makes the thumbprint, claims all that came in one turn in one SQLite transaction (WAL, synchronous = normal, as Credence: docs/decisions/0011), and signs a token without \`cnf\`. oidc-provider keeps used proofs in memory, which no replica and no restart knows of.`,
      `${versionsOf('oidc-provider', 'autocannon')}.`,
    ],
  }
}
