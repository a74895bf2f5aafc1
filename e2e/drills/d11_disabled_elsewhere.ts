/** D11: a client is disabled on replica A. B refuses it within 5 s, also when B is never told and has to look by itself. */
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../../packages/storage/src/testing/embedded_postgres.ts'
import { createPostgresTestDatabase } from '../../packages/storage/src/testing/postgres_database.ts'
import { startCredence } from '../support/credence.ts'
import { askToken, getToken } from '../support/token.ts'

export interface D11 {
  /** Milliseconds from the answer of A until B refused the client, sorted. */
  readonly toldAfterMs: readonly number[]
  /** The same while the database tells nobody of changes. */
  readonly untoldAfterMs: readonly number[]
}

export const limitMs = 5_000
const audience = 'https://orders.example.com'

export const runD11 = async (times: number): Promise<D11> => {
  await using stack = new AsyncDisposableStack()
  const postgres = await startPostgres()
  stack.defer(postgres.stop)
  const database = await postgres.createDatabase()
  const started = {
    args: ['--database-url', database, '--issuer', 'https://auth.example.com'],
    environment: { CREDENCE_MASTER_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64') },
  }
  const a = await startCredence(started)
  stack.defer(a.dispose)
  const b = await startCredence(started)
  stack.defer(b.dispose)
  await a.createApi({ audience, scopes: ['orders:read'] })

  const disableOne = async (client_id: string): Promise<number> => {
    const client = await a.createClient({ client_id, grants: [{ audience, scopes: ['orders:read'] }] })
    await getToken(b, client)
    const answer = await a.manage('PATCH', `/clients/${client_id}`, { disabled: true })
    if (answer.status !== 200) throw new Error(answer.body)
    const startedAt = performance.now()
    while ((await askToken(b, client)).status === 200) {
      if (performance.now() - startedAt > 2 * limitMs) throw new Error(`${client_id} still gets tokens`)
      await sleep(1)
    }
    return performance.now() - startedAt
  }
  const disableMany = async (name: string) => {
    const took: number[] = []
    for (let time = 0; time < times; time++) took.push(await disableOne(`${name}-${time}`))
    return took.toSorted((one, other) => one - other)
  }

  const toldAfterMs = await disableMany('told')
  await createPostgresTestDatabase(database).execute('drop trigger change_notice on change')
  return { toldAfterMs, untoldAfterMs: await disableMany('untold') }
}

if (import.meta.main) {
  const found = await runD11(20)
  console.log('D11', found)
  if (Math.max(...found.toldAfterMs, ...found.untoldAfterMs) > limitMs) process.exitCode = 1
}
