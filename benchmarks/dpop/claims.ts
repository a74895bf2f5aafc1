/** Claims that outlive the process, all that came in one turn in one transaction (docs/decisions/0011). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface Claim {
  readonly entry: string
  readonly expiresAt: number
  /** Told whether it was new. */
  readonly done: (isNew: boolean) => void
}

type Row = readonly [entry: string, expiresAt: number]
type Write = (rows: readonly Row[]) => readonly boolean[]

const rowOf = ({ entry, expiresAt }: Claim): Row => [entry, expiresAt]

const answer = (claims: readonly Claim[], isNew: readonly boolean[]): void => {
  for (const [n, { done }] of claims.entries()) done(isNew[n] === true)
}

/** What came in one turn of the event loop is written at its end. */
export const createClaims = (): ((claim: Claim) => void) => {
  const write = openDatabase()
  let waiting: Claim[] = []
  const finish = (): void => {
    const turn = waiting
    waiting = []
    answer(turn, write(turn.map(rowOf)))
  }
  return (claim) => {
    if (waiting.push(claim) === 1) setImmediate(finish)
  }
}

const openDatabase = (): Write => {
  const folder = mkdtempSync(join(tmpdir(), 'credence-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  const database = new DatabaseSync(join(folder, 'replay.db'))
  database.exec('pragma journal_mode = wal; pragma synchronous = normal')
  database.exec('create table replay (entry text primary key, expires_at integer not null) strict, without rowid')
  const insert = database.prepare('insert into replay values (?, ?) on conflict do nothing')
  return (rows) => {
    database.exec('begin immediate')
    const isNew = rows.map((row) => insert.run(...row).changes === 1)
    database.exec('commit')
    return isNew
  }
}
