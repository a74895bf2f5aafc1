/** How many tokens one core issues in a second to a client with a key, each for an assertion that is claimed durably: Credence, the limit, oidc-provider. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock, systemRandomness } from '@credence/protocol'
import { openStorage } from '@credence/storage'
import { createKeyCredentials } from '../packages/server/src/client_auth/assertions/client_keys.ts'
import { createDataFolder, startCredence } from './credence.ts'
import { audience, clientId, form, scope } from './issue/request.ts'
import { assertionParameters, makeAssertions, makeClientKey } from './private_key_jwt/assertions.ts'
import { pidOf, readReady, serverCore, spawnNode, stop } from './processes.ts'
import { formatCount, formatRatio, type Section, versionsOf } from './report.ts'
import { type Measured, measureInTurn, type Plan, type Target } from './rounds.ts'

interface Contender {
  readonly target: Target
  stop(): Promise<void>
}

const ours = 'Credence'
const limit = 'limit'
const oidcProvider = 'oidc-provider, used assertions in memory'
const connections = 48
const others: Readonly<Record<string, string>> = { [limit]: 'limit.ts', [oidcProvider]: 'oidc_provider.ts' }

type ClientKey = ReturnType<typeof makeClientKey>

const targetOf = (
  name: string,
  pid: number,
  url: string,
  { privateJwk, aud }: ClientKey & { aud: string },
): Target => ({
  ...{ name, pid, url, authorizations: [], form, connections },
  assertionsFor: { clientId, audience: aud, privateJwk },
})

const startOther = async (name: string, file: string, key: ClientKey): Promise<Contender> => {
  const path = fileURLToPath(new URL(`private_key_jwt/${file}`, import.meta.url))
  const child = spawnNode(serverCore, [path, JSON.stringify(key.publicJwk)])
  const url = String((await readReady(child)).url)
  return { target: targetOf(name, pidOf(child), url, { ...key, aud: 'http://127.0.0.1' }), stop: () => stop(child) }
}

const startOurs = async (key: ClientKey): Promise<Contender> => {
  const credence = await startCredence(await createDataFolder())
  await credence.run('api', 'create', audience, '--scope', scope)
  await credence.run('client', 'create', clientId, '--grant', `${audience}=${scope}`)
  await register(credence.data, key)
  const url = `${credence.publicUrl}/oauth/token`
  return { target: targetOf(ours, credence.pid, url, { ...key, aud: credence.publicUrl }), stop: credence.remove }
}

const register = async (data: string, { publicJwk }: ClientKey): Promise<void> => {
  const storage = await openStorage({ database: { kind: 'sqlite', file: join(data, 'credence.db') } })
  const deps = { clock: systemClock, randomness: systemRandomness, allowPrivateAddresses: false }
  for (const credential of createKeyCredentials(clientId, { jwks: { keys: [publicJwk] } }, deps))
    await storage.credentials.create(credential)
  await storage.close()
}

/** @throws when a server issues nothing for an assertion, or something when the same one comes again. */
const checkIssues = async ({ target: { name, url, assertionsFor } }: Contender): Promise<void> => {
  const [assertion = ''] = assertionsFor === undefined ? [] : makeAssertions(assertionsFor, 1)
  const body = new URLSearchParams(`${form}${assertionParameters(assertion)}`)
  const ask = async (): Promise<number> => {
    const response = await fetch(url, { method: 'POST', body })
    await response.arrayBuffer()
    return response.status
  }
  const first = await ask()
  if (first !== 200) throw new Error(`${name}: issued nothing, ${first}`)
  if ((await ask()) === 200) throw new Error(`${name}: took the same assertion twice`)
}

export const runPrivateKeyJwt = async (plan: Plan): Promise<Section> => {
  const contenders: Contender[] = []
  const key = makeClientKey()
  try {
    contenders.push(await startOurs(key))
    for (const [name, file] of Object.entries(others)) contenders.push(await startOther(name, file, key))
    for (const contender of contenders) await checkIssues(contender)
    const targets = contenders.map(({ target }) => target)
    return toSection(await measureInTurn(targets, plan), plan)
  } finally {
    for (const contender of contenders) await contender.stop()
  }
}

const toSection = (results: ReadonlyMap<string, Measured>, plan: Plan): Section => {
  const rateOf = (name: string): number => results.get(name)?.tokensPerSecond ?? Number.NaN
  const [ofLimit, ofPeer] = [rateOf(ours) / rateOf(limit), rateOf(ours) / rateOf(oidcProvider)]
  return {
    title: 'private_key_jwt',
    columns: [
      'ES256, private_key_jwt with ES256',
      'tokens/s',
      'of the limit',
      'tokens per CPU second',
      'p99 ms',
      'CPU of the load generator',
    ],
    rows: [...results].map(([name, result]) => [
      name,
      formatCount(result.tokensPerSecond),
      formatRatio(result.tokensPerSecond / rateOf(limit)),
      formatCount(result.tokensPerCpuSecond),
      String(result.p99Ms),
      formatRatio(result.generatorCpu),
    ]),
    aims: [
      { text: 'at least 0.70 of the limit', found: formatRatio(ofLimit), met: ofLimit >= 0.7 },
      { text: `faster than ${oidcProvider}`, found: `${formatRatio(ofPeer)} times`, met: ofPeer > 1 },
    ],
    notes: [
      `${connections} connections, every assertion new and made beforehand, ${plan.rounds} rounds of ${plan.seconds} s in turn, each after ${plan.warmUpSeconds} s of warming up; medians; no request failed. The limit verifies the assertion, claims all that came in one turn in one SQLite transaction (WAL, synchronous = normal, as Credence: docs/decisions/0011), and signs. oidc-provider keeps used assertions in memory, which no replica and no restart knows of.`,
      `${versionsOf('oidc-provider', 'autocannon')}.`,
    ],
  }
}
