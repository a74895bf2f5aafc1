/** The whole comparison: every library, every case, every count. */
import { createBoundCases } from './bound_cases.ts'
import type { Contender } from './contender.ts'
import { awsJwtVerify } from './contenders/aws_jwt_verify.ts'
import { credence } from './contenders/credence.ts'
import { fastJwt } from './contenders/fast_jwt.ts'
import { jose } from './contenders/jose.ts'
import { oauth4webapi } from './contenders/oauth4webapi.ts'
import { startKeyServer } from './key_server.ts'
import { createLifetimeCases } from './lifetime_cases.ts'
import { isRight, type Row, runCases } from './run_cases.ts'
import { runMeasures } from './run_measures.ts'
import { createTokenCases } from './token_cases.ts'

export const ours = credence.name
export const contenders: readonly Contender[] = [credence, jose, oauth4webapi, fastJwt, awsJwtVerify]

export interface Table {
  readonly rows: readonly Row[]
  /** By the name of the library, in the order of the measures. */
  readonly counts: ReadonlyMap<string, readonly number[]>
}

/** In the order of the ids; what must be accepted stands first. */
const byId = ({ asked: a }: Row, { asked: b }: Row): number => rank(a.name) - rank(b.name)

const rank = (name: string): number => {
  const [, letter, number] = /^([VK])(\d+):/.exec(name) ?? []
  return letter === undefined ? 0 : Number(number) + (letter === 'K' ? 100 : 0)
}

export const runComparison = async (): Promise<Table> => {
  const server = await startKeyServer()
  try {
    const cases = [...(await createTokenCases()), ...(await createBoundCases()), ...(await createLifetimeCases())]
    const rows = (await runCases(cases, contenders, server)).sort(byId)
    return { rows, counts: await runMeasures(contenders, server) }
  } finally {
    await server.close()
  }
}

export interface Score {
  readonly right: number
  /** Of the cases that are in the library's scope. */
  readonly of: number
}

export const scoreOf = (rows: readonly Row[], name: string): Score => {
  const verdicts = rows.map(({ asked, verdicts }) => ({ asked, verdict: verdicts.get(name) ?? 'not offered' }))
  const inScope = verdicts.filter(({ verdict }) => verdict !== 'not offered')
  return { right: inScope.filter(({ asked, verdict }) => isRight(asked, verdict)).length, of: inScope.length }
}
