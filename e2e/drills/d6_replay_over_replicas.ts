/** D6: the same assertion 200 times over three replicas at once. One of the requests succeeds, however often it is done. */
import { randomBytes } from 'node:crypto'
import { startPostgres } from '../../packages/storage/src/testing/embedded_postgres.ts'
import { askWith, audience, createKey, makeAssertion, openRegistrar } from '../assertions/setting.ts'
import { type RunningCredence, startCredence } from '../support/credence.ts'

export interface D6 {
  /** How many of the 200 copies of each assertion got a token: 1 each. */
  readonly successes: readonly number[]
  /** Answers that were neither a token nor invalid_client. */
  readonly others: number
}

const copies = 200
const replicas = 3

export const runD6 = async (assertions: number): Promise<D6> => {
  await using stack = new AsyncDisposableStack()
  const postgres = await startPostgres()
  stack.defer(postgres.stop)
  const url = await postgres.createDatabase()
  const started = {
    args: [
      ...['--database-url', url, '--issuer', 'https://auth.example.com'],
      ...['--failed-authentications-per-minute', '100000'],
    ],
    environment: { CREDENCE_MASTER_KEY: randomBytes(32).toString('base64') },
  }
  const servers: RunningCredence[] = []
  for (let replica = 0; replica < replicas; replica++) {
    const server = await startCredence(started)
    stack.defer(server.dispose)
    servers.push(server)
  }
  const [first] = servers
  if (first === undefined) throw new TypeError('no replica')
  await first.createApi({ audience, scopes: ['orders:read'] })
  const registrar = await openRegistrar(first, url)
  const key = createKey()
  const job = { clientId: 'job', issuer: first.issuer }
  await registrar.register('job', { jwks: { keys: [key.publicJwk] } })
  await registrar.close()

  const successes: number[] = []
  let others = 0
  for (let round = 0; round < assertions; round++) {
    const assertion = makeAssertion(key, job)
    const asked = Array.from({ length: copies }, (_, copy) => askWith(servers[copy % replicas] ?? first, assertion))
    const answers = await Promise.all(asked)
    successes.push(answers.filter(({ status }) => status === 200).length)
    others += answers.filter(({ status }) => status !== 200 && status !== 401).length
  }
  return { successes, others }
}

if (import.meta.main) {
  const found = await runD6(50)
  console.log('D6', found)
  if (found.others > 0 || found.successes.some((count) => count !== 1)) process.exitCode = 1
}
