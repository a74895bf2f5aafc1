/** What a million live entries of used assertions cost: claiming and sweeping, against an empty table, in each dialect. */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openStorage, type ReplayClaim, type Storage } from '@credence/storage'
import { sweepBatch, sweepReplays } from '../../packages/server/src/replay/sweep_replays.ts'
import { startPostgres } from '../../packages/storage/src/testing/embedded_postgres.ts'
import { createDataFolder } from '../credence.ts'
import { formatCount, formatRatio, type Section } from '../report.ts'
import { median } from '../rounds.ts'

/** As many as come in one turn of the event loop of a server under load. */
const claimsPerWrite = 48
const writesPerRound = 100
const rounds = 5
const sweptPerRound = 20 * sweepBatch
const now = 1_800_000_000

const makeClaims = (count: number, expiresAt: number): readonly ReplayClaim[] =>
  Array.from({ length: count }, () => ({ entry: randomBytes(32).toString('base64url'), expiresAt }))

const fill = async ({ replays }: Storage, entries: number): Promise<void> => {
  // as they would come: what lives expires within the next five minutes
  for (let done = 0; done < entries; done += 1_000) {
    await replays.claim(makeClaims(Math.min(1_000, entries - done), now + 1_000 + (done % 300)))
  }
}

interface Cost {
  readonly claimsPerSecond: number
  /** Of one batch of the sweep, and of the longest of them. Milliseconds. */
  readonly batchMs: number
  readonly longestBatchMs: number
  readonly countMs: number
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

const measure = async ({ replays }: Storage): Promise<Cost> => {
  const rates: number[] = []
  const batches: number[] = []
  const counts: number[] = []
  for (let round = 0; round < rounds; round++) {
    const writes = Array.from({ length: writesPerRound }, () => makeClaims(claimsPerWrite, now + 1_000))
    const took = await timed(async () => {
      for (const claims of writes) await replays.claim(claims)
    })
    rates.push((writesPerRound * claimsPerWrite) / (took / 1000))
    await replays.claim(makeClaims(sweptPerRound, now - 1))
    const deleteExpired = async (at: number, limit: number) => {
      let gone = 0
      batches.push(
        await timed(async () => {
          gone = await replays.deleteExpired(at, limit)
        }),
      )
      return gone
    }
    await sweepReplays({ store: { deleteExpired }, clock: { epochSeconds: () => now } })
    counts.push(await timed(() => replays.count()))
  }
  return {
    claimsPerSecond: median(rates),
    batchMs: median(batches),
    longestBatchMs: Math.max(...batches),
    countMs: median(counts),
  }
}

const measureBoth = async (storage: Storage, entries: number): Promise<readonly [empty: Cost, full: Cost]> => {
  try {
    const empty = await measure(storage)
    await fill(storage, entries)
    return [empty, await measure(storage)]
  } finally {
    await storage.close()
  }
}

const measureSqlite = async (entries: number): Promise<readonly [empty: Cost, full: Cost]> => {
  const folder = await createDataFolder()
  try {
    const database = { kind: 'sqlite', file: join(folder, 'credence.db') } as const
    return await measureBoth(await openStorage({ database }), entries)
  } finally {
    await rm(folder, { recursive: true })
  }
}

export const runReplay = async (entries: number): Promise<Section> => {
  const sqlite = await measureSqlite(entries)
  const server = await startPostgres()
  try {
    const url = await server.createDatabase()
    const postgres = await measureBoth(await openStorage({ database: { kind: 'postgres', url } }), entries)
    return toSection({ SQLite: sqlite, PostgreSQL: postgres }, entries)
  } finally {
    await server.stop()
  }
}

const leastRatio = 0.5

const ms = (time: number): string => time.toFixed(1)

const toSection = (found: Readonly<Record<string, readonly [Cost, Cost]>>, entries: number): Section => ({
  title: 'replay',
  columns: [
    'used assertions',
    'live entries',
    'claims/s',
    `ms to sweep ${sweepBatch}`,
    'longest',
    'ms to count, once a minute',
  ],
  rows: Object.entries(found).flatMap(([dialect, costs]) =>
    costs.map((cost, index) => [
      dialect,
      formatCount(index === 0 ? 0 : entries),
      formatCount(cost.claimsPerSecond),
      ms(cost.batchMs),
      ms(cost.longestBatchMs),
      ms(cost.countMs),
    ]),
  ),
  aims: Object.entries(found).map(([dialect, [empty, full]]) => {
    const ratio = full.claimsPerSecond / empty.claimsPerSecond
    return {
      text: `${dialect}: claims at least ${leastRatio} of those without`,
      found: formatRatio(ratio),
      met: ratio >= leastRatio,
    }
  }),
  notes: [
    `Straight on the store, on one connection: ${rounds} rounds of ${writesPerRound} writes of ${claimsPerWrite} claims each; medians. SQLite writes a page of 4 KB for each entry of a large table, since their digests are all over it; PostgreSQL writes the row.`,
  ],
})
