/** kill -9 of a process that appends to the audit log. */
import assert from 'node:assert/strict'
import { type DatabaseLocation, openStorage } from '../open_storage.ts'
import { startChild } from './child.ts'
import { verifyAll } from './conformance_audit.ts'

const kills = 5

/** Kills it again and again in the middle of batches; each time the log is whole and has all that was acknowledged. */
export const killAuditWriters = async (database: DatabaseLocation): Promise<void> => {
  for (let round = 0; round < kills; round++) {
    const child = startChild('audit_writing_child.ts', JSON.stringify(database))
    for (let batch = 0; batch <= round; batch++) assert.ok(await child.nextLine())
    const acknowledged = Number((await child.kill()).at(-1) ?? 0)
    const storage = await openStorage({ database })
    const { ok, records, faults } = await verifyAll(storage)
    await storage.close()
    assert.ok(ok, faults.join('\n'))
    assert.ok(records >= acknowledged && records % 700 === 0, `${records} records, ${acknowledged} acknowledged`)
  }
}
