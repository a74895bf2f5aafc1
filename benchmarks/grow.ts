/** What the number of clients in the store does to the issue rate, for clients that fit the directory and for more than that. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { createDataFolder, type RunningCredence, startCredence } from './credence.ts'
import { formatCount, formatRatio, type Section } from './report.ts'
import { type Measured, measureInTurn, type Plan, type Target } from './rounds.ts'
import { createClients } from './seeding.ts'
import { audience, form, scope } from './servers/request.ts'

/** A data folder with clients in it, its server stopped. */
interface Filled {
  readonly data: string
  readonly authorizations: readonly string[]
}

const fill = async (clients: number): Promise<Filled> => {
  const data = await createDataFolder()
  const credence = await startCredence(data)
  await credence.run('api', 'create', audience, '--scope', scope)
  await credence.stop()
  return { data, authorizations: await createClients(data, clients) }
}

const copy = async ({ data, authorizations }: Filled): Promise<Filled> => {
  const other = await createDataFolder()
  for (const file of ['credence.db', 'master.key']) await cp(join(data, file), join(other, file))
  return { data: other, authorizations }
}

const few = '10 clients'
const many = '10,000 clients'
const manyOfMost = '200,000 clients, 10,000 of them in use'
const most = '200,000 clients, all in use'

export const runGrow = async (plan: Plan): Promise<Section> => {
  const [ten, thousands, hundredThousands] = [await fill(10), await fill(10_000), await fill(200_000)]
  const working = {
    ...(await copy(hundredThousands)),
    authorizations: hundredThousands.authorizations.slice(0, 10_000),
  }
  const stores = Object.entries({ [few]: ten, [many]: thousands, [manyOfMost]: working, [most]: hundredThousands })
  const running: RunningCredence[] = []
  try {
    const targets: Target[] = []
    for (const [name, { data, authorizations }] of stores) {
      const credence = await startCredence(data)
      running.push(credence)
      targets.push({
        name,
        pid: credence.pid,
        url: `${credence.publicUrl}/oauth/token`,
        authorizations,
        form,
        connections: 48,
      })
    }
    return toSection(await measureInTurn(targets, plan))
  } finally {
    for (const credence of running) await credence.remove()
  }
}

const toSection = (results: ReadonlyMap<string, Measured>): Section => {
  const rateOf = (name: string): number => results.get(name)?.tokensPerSecond ?? Number.NaN
  const ratioOf = (name: string): number => rateOf(name) / rateOf(few)
  const fitting = Math.min(ratioOf(many), ratioOf(manyOfMost))
  return {
    title: 'grow',
    columns: ['clients drawn at random', 'tokens/s', `of ${few}`, 'tokens per CPU second', 'CPU of the load generator'],
    rows: [...results].map(([name, result]) => [
      name,
      formatCount(result.tokensPerSecond),
      formatRatio(ratioOf(name)),
      formatCount(result.tokensPerCpuSecond),
      formatRatio(result.generatorCpu),
    ]),
    aims: [
      {
        text: 'flat within 15 % while those in use fit the directory',
        found: formatRatio(fitting),
        met: fitting >= 0.85,
      },
    ],
    notes: [
      `The directory holds 50,000 clients by default. More in use than that cost a read of the store for each one that is not in it: ${formatRatio(ratioOf(most))} of the rate.`,
    ],
  }
}
