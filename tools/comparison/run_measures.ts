/** Takes the measures of every library: each with an issuer, a key set and, where one is moved, a clock of its own. */
import type { Contender } from './contender.ts'
import { answerWith, type KeyServer } from './key_server.ts'
import { type Measure, timedMeasures, waitingMeasure } from './key_set_measures.ts'
import { onMovedClock } from './machine_clock.ts'
import { createIssuer } from './token_cases.ts'

/** What the libraries' measures came to, by name, in the order of `measures`. */
export const runMeasures = async (
  contenders: readonly Contender[],
  server: KeyServer,
): Promise<ReadonlyMap<string, readonly number[]>> => {
  const counts = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (const measure of timedMeasures) {
    for (const { name, open } of contenders) {
      const found = await onMovedClock((advance) => countOne(measure, { open, server, advance }))
      counts.get(name)?.push(found)
    }
  }
  // all at once, since what is waited for here is the machine's own time
  await Promise.all(
    contenders.map(async ({ name, open }) => {
      counts.get(name)?.push(await countOne(waitingMeasure, { open, server, advance: () => undefined }))
    }),
  )
  return counts
}

interface Conditions extends Pick<Contender, 'open'> {
  readonly server: KeyServer
  advance(seconds: number): void
}

const countOne = async ({ count }: Measure, { open, server, advance }: Conditions): Promise<number> => {
  const issuer = await createIssuer()
  const served = server.serve(answerWith([issuer.jwk]))
  return await count({ verifier: open({ jwksUri: served.jwksUri }), served, issuer, advance })
}
