/** How many tokens one core issues in a second to a client with a key, each for an assertion that is claimed durably: Credence, the limit, oidc-provider. */
import { join } from 'node:path'
import { systemClock, systemRandomness } from '@credence/protocol'
import { openStorage } from '@credence/storage'
import { createKeyCredentials } from '../packages/server/src/client_auth/assertions/client_keys.ts'
import { type Contender, connections, measureContenders, startServer, toRateTable } from './contenders.ts'
import { createDataFolder, registerClient, startCredence } from './credence.ts'
import { assertionParameters, makeAssertions, makeClientKey } from './private_key_jwt/assertions.ts'
import { formatRatio, type Section, versionsOf } from './report.ts'
import { describePlan, type Measured, type Plan, type Target } from './rounds.ts'
import { clientId, form } from './servers/request.ts'

const ours = 'Credence'
const limit = 'limit'
const oidcProvider = 'oidc-provider, used assertions in memory'
const others: Readonly<Record<string, string>> = {
  [limit]: 'private_key_jwt/limit.ts',
  [oidcProvider]: 'private_key_jwt/oidc_provider.ts',
}

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
  const { pid, url, stop } = await startServer([file, JSON.stringify(key.publicJwk)])
  return { target: targetOf(name, pid, url, { ...key, aud: 'http://127.0.0.1' }), stop }
}

const startOurs = async (key: ClientKey): Promise<Contender> => {
  const credence = await startCredence(await createDataFolder())
  await registerClient(credence)
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
  const key = makeClientKey()
  const starts = [
    () => startOurs(key),
    ...Object.entries(others).map(
      ([name, file]) =>
        () =>
          startOther(name, file, key),
    ),
  ]
  return toSection(await measureContenders(starts, checkIssues, plan), plan)
}

const toSection = (results: ReadonlyMap<string, Measured>, plan: Plan): Section => {
  const rateOf = (name: string): number => results.get(name)?.tokensPerSecond ?? Number.NaN
  const [ofLimit, ofPeer] = [rateOf(ours) / rateOf(limit), rateOf(ours) / rateOf(oidcProvider)]
  return {
    title: 'private_key_jwt',
    ...toRateTable('ES256, private_key_jwt with ES256', results, rateOf(limit)),
    aims: [
      { text: 'at least 0.70 of the limit', found: formatRatio(ofLimit), met: ofLimit >= 0.7 },
      { text: `faster than ${oidcProvider}`, found: `${formatRatio(ofPeer)} times`, met: ofPeer > 1 },
    ],
    notes: [
      `${connections} connections, every assertion new and made beforehand, ${describePlan(plan)} The limit verifies the assertion, claims all that came in one turn in one SQLite transaction (WAL, synchronous = normal, as Credence: docs/decisions/0011), and signs. oidc-provider keeps used assertions in memory, which no replica and no restart knows of.`,
      `${versionsOf('oidc-provider', 'autocannon')}.`,
    ],
  }
}
