/** Prints what a token from memory costs, as JSON. A process of its own: a client that has lived through other things is slower. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createTokenManager } from '@credence/client'
import { median } from '../rounds.ts'

const rounds = 9
const calls = 200_000

/** A manager that has its token, from a server that is not there. */
const createWarm = async () => {
  const answer = { access_token: 't'.repeat(800), token_type: 'Bearer', expires_in: 3_600 }
  const tokens = createTokenManager({
    issuer: 'https://as.example.com',
    tokenEndpoint: 'https://as.example.com/oauth/token',
    clientId: 'job',
    clientSecret: 'cs_secret',
    scope: 'jobs:read',
    fetch: async () => Response.json(answer),
  })
  await tokens.getToken()
  await tokens.getToken({ scope: 'jobs:write' })
  await tokens.getToken({ scope: 'jobs:write', audience: 'https://jobs.example.com' })
  return tokens
}

type Call = () => unknown

const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

const nanosecondsOf = (call: Call): number => {
  const startedAt = process.hrtime.bigint()
  for (let made = 0; made < calls; made++) call()
  return Number(process.hrtime.bigint() - startedAt) / calls
}

/** Few enough calls that no collection falls among them; the least of several rounds, for others allocate too. */
const bytesOf = (call: Call): number => {
  const few = calls / 10
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    for (let made = 0; made < few; made++) call()
    const used = process.memoryUsage().heapUsed - before
    if (used >= 0) least = Math.min(least, used / few)
  }
  return least
}

export interface Cost {
  readonly name: string
  readonly ns: number
  readonly bytes: number
}

/** Rounds in turn, so that whatever slows the machine down slows all of them down; medians. */
const measureCalls = async (): Promise<readonly Cost[]> => {
  const tokens = await createWarm()
  const given = { scope: 'jobs:write' }
  const measured: Readonly<Record<string, Call>> = {
    'Promise.resolve(), for comparison': () => Promise.resolve(),
    'getToken()': () => tokens.getToken(),
    'getToken(options), the same object': () => tokens.getToken(given),
    'getToken({ scope })': () => tokens.getToken({ scope: 'jobs:write' }),
    'getToken({ scope, audience })': () =>
      tokens.getToken({ scope: 'jobs:write', audience: 'https://jobs.example.com' }),
  }
  const times = new Map<string, number[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const [name, call] of Object.entries(measured)) {
      const ns = nanosecondsOf(call)
      // the first round warms up
      if (round > 0) times.set(name, [...(times.get(name) ?? []), ns])
    }
  }
  return Object.entries(measured).map(([name, call]) => ({
    name,
    ns: median(times.get(name) ?? []),
    bytes: bytesOf(call),
  }))
}

console.log(JSON.stringify(await measureCalls()))
