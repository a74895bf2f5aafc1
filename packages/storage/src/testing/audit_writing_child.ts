/** A process that appends batches to the audit log without end, and prints the number of the last record of each that was acknowledged. */
import { writeSync } from 'node:fs'
import { openStorage } from '../open_storage.ts'
import { anEvent, seal } from './conformance_audit.ts'
import { now } from './fixtures.ts'

const storage = await openStorage({ database: JSON.parse(process.argv[2] ?? '') })
const batch = Array.from({ length: 700 }, (_, index) => anEvent({ details: { index } }))
for (;;) {
  const records = await storage.auditEvents.append(batch, { seal, at: now })
  writeSync(1, `${records.at(-1)?.seq}\n`)
}
