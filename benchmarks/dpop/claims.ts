/** Durable claims, all that wait in one transaction: in the thread that serves, or in one of its own so that nobody waits for the disk. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

export interface Claim {
  readonly entry: string
  readonly expiresAt: number
  /** Told whether it was new. */
  readonly done: (isNew: boolean) => void
}

type Row = readonly [entry: string, expiresAt: number]
type Write = (rows: readonly Row[]) => readonly boolean[]

/** @param where the thread that waits for the disk */
export const createClaims = (where: 'same-thread' | 'own-thread' = 'own-thread'): ((claim: Claim) => void) =>
  where === 'own-thread' ? createThreadClaims() : createTurnClaims()

const rowOf = ({ entry, expiresAt }: Claim): Row => [entry, expiresAt]

const answer = (claims: readonly Claim[], isNew: readonly boolean[]): void => {
  for (const [n, { done }] of claims.entries()) done(isNew[n] === true)
}

/** What came in one turn of the event loop is written at its end. */
const createTurnClaims = () => {
  const write = openDatabase()
  let waiting: Claim[] = []
  const finish = (): void => {
    const turn = waiting
    waiting = []
    answer(turn, write(turn.map(rowOf)))
  }
  return (claim: Claim): void => {
    if (waiting.push(claim) === 1) setImmediate(finish)
  }
}

/** What came during one write is the next. */
const createThreadClaims = () => {
  const worker = new Worker(new URL(import.meta.url))
  let waiting: Claim[] = []
  let written: readonly Claim[] = []
  const write = (): void => {
    if (written.length > 0 || waiting.length === 0) return
    written = waiting
    waiting = []
    worker.postMessage(written.map(rowOf))
  }
  worker.on('message', (isNew: readonly boolean[]) => {
    const claims = written
    written = []
    write()
    answer(claims, isNew)
  })
  return (claim: Claim): void => {
    if (waiting.push(claim) === 1) setImmediate(write)
  }
}

const openDatabase = (): Write => {
  const folder = mkdtempSync(join(tmpdir(), 'credence-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  const database = new DatabaseSync(join(folder, 'replay.db'))
  database.exec('pragma journal_mode = wal; pragma synchronous = full')
  database.exec('create table replay (entry text primary key, expires_at integer not null) strict, without rowid')
  const insert = database.prepare('insert into replay values (?, ?) on conflict do nothing')
  return (rows) => {
    database.exec('begin immediate')
    const isNew = rows.map((row) => insert.run(...row).changes === 1)
    database.exec('commit')
    return isNew
  }
}

if (!isMainThread) {
  const write = openDatabase()
  parentPort?.on('message', (rows: readonly Row[]) => parentPort?.postMessage(write(rows)))
}
