/** The metrics of a running server as a scraper reads them. Prometheus text exposition format 0.0.4. */
import type { RunningCredence } from '../support/credence.ts'
import { sendHttp } from '../support/http.ts'

export const scrape = async (credence: RunningCredence): Promise<string> =>
  (await sendHttp(credence.socket, { path: '/metrics' })).body

/** Every metric by name, with its type: also those that have no value yet. */
export const typesOf = (exposition: string): ReadonlyMap<string, string> =>
  new Map([...exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]))

/** The names of the series as queries write them: those of a histogram have suffixes. */
export const seriesNames = (exposition: string): ReadonlySet<string> =>
  new Set(
    [...typesOf(exposition)].flatMap(([name, type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => `${name}${suffix}`) : [name],
    ),
  )
