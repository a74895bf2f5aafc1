import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeDataFolder } from './data_folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'credence-data-folder-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('a data folder is made with those it is in, for its owner alone, and one that is there is kept', async () => {
  const path = join(folder, 'a', 'b', 'data')
  await Promise.all([makeDataFolder(path), makeDataFolder(path)])
  await makeDataFolder(path)
  assert.deepEqual(
    [path, join(folder, 'a')].map((made) => statSync(made).mode & 0o777),
    [0o700, 0o700],
  )
})

test('a data folder that cannot be made stops the start with which it is, and the start ends', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  await assert.rejects(makeDataFolder(file), { code: 'bad_configuration', message: /^data: .*\/file cannot be made/ })
  await assert.rejects(makeDataFolder(join(file, 'data')), { code: 'bad_configuration' })
  if (process.platform === 'linux') {
    await assert.rejects(makeDataFolder('/proc/credence/data'), { code: 'bad_configuration' })
  }
})
