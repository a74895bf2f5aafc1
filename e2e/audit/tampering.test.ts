import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'
import { runCommand } from '../support/run_command.ts'

const folder = await makeFolder()
after(folder.dispose)
const database = join(folder.path, 'credence.db')

/** A server that has recorded something, stopped; its database changed behind its back; and what verify says then. */
const verifyAfter = async (tamper: (plain: DatabaseSync) => void) => {
  const plain = new DatabaseSync(database)
  tamper(plain)
  plain.close()
  const credence = await startCredence({ data: folder.path })
  const result = await runCommand(['audit', 'verify', '--data', folder.path])
  await credence.stop()
  return result
}

const first = await startCredence({ data: folder.path })
for (let index = 0; index < 5; index++) await first.createApi({ audience: `urn:${index}`, scopes: ['x'] })
await first.stop()
const kept = new DatabaseSync(database).prepare('select * from audit_event order by seq').all()
const seqOf = (audience: string) => Number(kept.find(({ details }) => String(details).includes(`"${audience}"`))?.seq)

test('audit verify: a log that nobody touched is whole, over a restart', async () => {
  const { code, stdout } = await verifyAfter(() => undefined)
  assert.equal(code, 0, stdout)
})

test('audit verify: one altered record is named, exit 1', async () => {
  const seq = seqOf('urn:1')
  const { code, stdout } = await verifyAfter((plain) => {
    plain.exec(`update audit_event set details = replace(details, 'urn:1', 'urn:9') where seq = ${seq}`)
  })
  assert.equal(code, 1)
  assert.match(stdout, new RegExp(`^record ${seq} does not match its hash`, 'm'))
  await verifyAfter((plain) => {
    plain.exec(`update audit_event set details = replace(details, 'urn:9', 'urn:1') where seq = ${seq}`)
  })
})

test('audit verify: the newest record dropped while the server is down is found, also after it has gone on', async () => {
  const { code, stdout } = await verifyAfter((plain) => {
    plain.exec('delete from audit_event where seq = (select max(seq) from audit_event)')
  })
  assert.equal(code, 1)
  assert.match(stdout, /missing: dropped/)
  assert.match(stdout, /says that the server found the log altered/)
})

test('audit verify: a file that is no export is refused with its line', async () => {
  const file = join(folder.path, 'export.jsonl')
  await writeFile(file, '{"key":{"kty":"OKP"}}\n[]\n')
  const { code, stderr } = await runCommand(['audit', 'verify', '--file', file])
  assert.equal(code, 1)
  assert.match(stderr, /not a public Ed25519|line 2 is not a line of an export/)
})
