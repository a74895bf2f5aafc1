import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { followSource, readSettledTexts, waitBefore } from './follow_source.ts'

it('rounds that fail come less and less often, and never less often than the interval', () => {
  assert.equal(waitBefore(0, 30_000), 30_000)
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => waitBefore(failures, 30_000)),
    [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000],
  )
})

it('half a file is not taken for a file: a source is read until two readings are the same', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'credence-settle-'))
  const file = join(folder, 'a.yaml')
  try {
    await writeFile(file, 'apis: []')
    const reading = readSettledTexts(folder)
    // within the time between two readings
    await delay(30)
    await writeFile(file, 'apis: []\nclients: []')
    assert.deepEqual(await reading, [{ name: file, text: 'apis: []\nclients: []' }])
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('a source is read anew when it changes, once it has come to rest, and not when its neighbours do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'credence-follow-'))
  const file = join(folder, 'a.yaml')
  await writeFile(file, 'one')
  const read: string[] = []
  let next = Promise.withResolvers<void>()
  const follower = followSource(file, {
    round: async (texts) => {
      read.push((await texts()).map(({ text }) => text).join())
      next.resolve()
      return true
    },
    intervalMs: 60_000,
    keepAlive: true,
  })
  try {
    await next.promise
    next = Promise.withResolvers()
    for (let part = 0; part < 5; part++) await writeFile(join(folder, 'neighbour'), `${part}`)
    for (const text of ['tw', 'two']) await writeFile(file, text)
    await next.promise
    assert.deepEqual(read, ['one', 'two'])
  } finally {
    await follower.stop()
    await rm(folder, { recursive: true })
  }
})
