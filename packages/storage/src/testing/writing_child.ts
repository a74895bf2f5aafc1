/** A process that writes clients to an SQLite file and prints the id of each one as soon as its write is acknowledged. */
import { writeSync } from 'node:fs'
import { openStorage } from '../open_storage.ts'
import { aClient } from './fixtures.ts'

const [file = '', prefix = '', count = '0'] = process.argv.slice(2)

const storage = await openStorage({ database: { kind: 'sqlite', file } })
for (let index = 0; index < Number(count); index++) {
  const clientId = `${prefix}-${index}`
  await storage.clients.create(aClient({ clientId }))
  writeSync(1, `${clientId}\n`)
}
await storage.close()
