/** What the client costs its user: a token from memory in time and bytes, and the core in a bundle. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Bundle, bundleClient } from './client_cost/bundle.ts'
import type { Cost } from './client_cost/calls.ts'
import { formatCount, formatRatio, type Section } from './report.ts'

const limitNs = 1_000
/** One object of two fields: anything less is nobody's concern. */
const limitBytes = 32

const measureCalls = async (): Promise<readonly Cost[]> => {
  const script = fileURLToPath(new URL('client_cost/calls.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, script])
  return JSON.parse(stdout)
}

/** In bytes. A change that needs more says why, here. */
export const budget = { minified: 58_000, gzipped: 20_500 }

export const runClientCost = async (): Promise<Section> => {
  const costs = await measureCalls()
  const core = await bundleClient('{ createTokenManager }')
  const whole = await bundleClient('*')
  const oauth4webapiBytes = core.parts.find(({ file }) => file.includes('oauth4webapi'))?.bytes ?? 0
  const ours = costs.filter(({ name }) => name.startsWith('getToken'))
  const slowest = Math.max(...ours.map(({ ns }) => ns))
  const plain = ours.find(({ name }) => name === 'getToken()')
  const asRow = (name: string, { minifiedBytes, gzippedBytes }: Bundle) => [
    name,
    `${formatCount(minifiedBytes)} minified`,
    `${formatCount(gzippedBytes)} gzipped`,
  ]
  return {
    title: 'client cost',
    columns: ['a token from memory', 'ns a call', 'bytes a call'],
    rows: [
      ...costs.map(({ name, ns, bytes }) => [name, formatCount(ns), formatRatio(bytes)]),
      asRow('bundle: createTokenManager alone', core),
      asRow('bundle: everything in @credence/client', whole),
    ],
    aims: [
      {
        text: 'a token from memory in under 1,000 ns',
        found: `${formatCount(slowest)} at most`,
        met: slowest < limitNs,
      },
      {
        text: `getToken() allocates under ${limitBytes} bytes`,
        found: formatRatio(plain?.bytes ?? Number.NaN),
        met: (plain?.bytes ?? Number.POSITIVE_INFINITY) < limitBytes,
      },
      {
        text: `createTokenManager alone: at most ${formatCount(budget.gzipped)} bytes gzipped`,
        found: formatCount(core.gzippedBytes),
        met: core.gzippedBytes <= budget.gzipped,
      },
    ],
    notes: [
      `Of createTokenManager alone, oauth4webapi is ${formatCount(oauth4webapiBytes)} bytes minified.`,
      'Bytes are what heapUsed grew by in a run without a collection. The options object that a caller writes at the call is theirs, and counted; it often does not come to be.',
    ],
  }
}
