/** A process that begins a migration of an SQLite file, says so, and never ends it. */
import { writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '@credence/protocol'
import { openSqlite } from '../dialects/sqlite.ts'
import { migrate } from '../migrations/migrate.ts'
import { withSecond } from './migrations.ts'

const [file = ''] = process.argv.slice(2)

const migrations = withSecond(async () => {
  writeSync(1, 'midway\n')
  // Nobody waits for this: the test kills the process. The bound is for a test that does not.
  await delay(60_000)
})
await migrate(await openSqlite(file), { clock: systemClock, migrations })
