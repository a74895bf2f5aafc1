/** How many tokens bound by DPoP one core issues in a second, each for a proof that is claimed durably: Credence, the limit, oidc-provider. */
import { type Contender, connections, measureContenders, startServer, toRateTable } from './contenders.ts'
import { createDataFolder, registerClient, startCredence } from './credence.ts'
import { makeProofs } from './dpop/proofs.ts'
import { formatRatio, type Section, versionsOf } from './report.ts'
import { describePlan, type Measured, type Plan } from './rounds.ts'
import { basic, clientId, clientSecret, form } from './servers/request.ts'

const ours = 'Credence'
const oidcProvider = 'oidc-provider, proofs in memory'

const limits: Readonly<Record<string, readonly string[]>> = {
  'limit, every key imported': ['dpop/limit.ts', 'import'],
  'limit, keys kept': ['dpop/limit.ts', 'keep'],
}

const others: Readonly<Record<string, readonly string[]>> = { ...limits, [oidcProvider]: ['dpop/oidc_provider.ts'] }

const startOther = async (name: string, command: readonly string[]): Promise<Contender> => {
  const { pid, url, stop } = await startServer(command)
  const authorizations = [basic(clientId, clientSecret)]
  return { target: { name, pid, url, authorizations, form, connections, proofsFor: url }, stop }
}

const startOurs = async (): Promise<Contender> => {
  const credence = await startCredence(await createDataFolder())
  const secret = await registerClient(credence)
  const url = `${credence.publicUrl}/oauth/token`
  const authorizations = [basic(clientId, secret)]
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
  const starts = [startOurs, ...Object.entries(others).map((other) => () => startOther(...other))]
  return toSection(await measureContenders(starts, checkIssues, plan), plan)
}

const toSection = (results: ReadonlyMap<string, Measured>, plan: Plan): Section => {
  const rateOf = (name: string): number => results.get(name)?.tokensPerSecond ?? Number.NaN
  const limit = Math.max(...Object.keys(limits).map(rateOf))
  const [ofLimit, ofPeer] = [rateOf(ours) / limit, rateOf(ours) / rateOf(oidcProvider)]
  return {
    title: 'dpop',
    ...toRateTable('ES256, client_secret_basic, ES256 proofs', results, limit),
    aims: [
      { text: 'at least 0.70 of the limit', found: formatRatio(ofLimit), met: ofLimit >= 0.7 },
      { text: `faster than ${oidcProvider}`, found: `${formatRatio(ofPeer)} times`, met: ofPeer > 1 },
    ],
    notes: [
      `${connections} connections of clients with 32 keys, every proof new and made beforehand, ${describePlan(plan)} The limit is the faster of its two ways: it verifies the proof, makes the thumbprint, claims all that came in one turn in one SQLite transaction (WAL, synchronous = normal, as Credence: docs/decisions/0011), and signs a token without \`cnf\`. oidc-provider keeps used proofs in memory, which no replica and no restart knows of.`,
      `${versionsOf('oidc-provider', 'autocannon')}.`,
    ],
  }
}
