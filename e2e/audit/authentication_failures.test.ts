import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { makeFolder } from '../support/credence_process.ts'
import { jsonOf } from '../support/http.ts'
import { runCommand } from '../support/run_command.ts'
import { basic, callTokenEndpoint } from '../support/token.ts'

const rawControl = /[^\P{Cc}\n]|[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

interface Event {
  readonly action: string
  readonly actor: string
  readonly outcome: string
  readonly details: { readonly count?: number; readonly reason?: string }
}

const eventsOf = async (credence: RunningCredence, action: string): Promise<readonly Event[]> =>
  jsonOf(await credence.manage('GET', `/audit-events?limit=1000&action=${action}`)).items as Event[]

test('audit: every authentication failure is in the log after a stop, alike ones as one; A12: and nothing raw', async () => {
  const folder = await makeFolder()
  after(folder.dispose)
  const credence = await startCredence({ data: folder.path })
  const hostile = ['x\r\n{"level":60}', 'x\0', '\u001b[2J', 'x\u0085\u009b31m', 'x\u2028y', 'x\u202egpj.exe']
  for (const clientId of hostile) {
    await callTokenEndpoint(credence, { headers: { authorization: basic(clientId, 'wrong') } })
    await callTokenEndpoint(credence, { form: { client_id: clientId, client_secret: 'wrong' } })
  }
  for (let attempt = 0; attempt < 20; attempt++)
    await callTokenEndpoint(credence, { headers: { authorization: basic('job', 'wrong') } })
  assert.equal(await credence.stop(), 0)

  const again = await startCredence({ data: folder.path })
  const failures = await eventsOf(again, 'client.authenticate')
  const ofJob = failures.filter(({ actor }) => actor === 'claimed:job')
  assert.equal(
    ofJob.reduce((sum, { details }) => sum + (details.count ?? 0), 0),
    20,
  )
  assert.ok(ofJob.length < 5)
  assert.ok(failures.length >= 2 * hostile.length)
  const answer = await again.manage('GET', '/audit-events?limit=1000')
  assert.ok(!rawControl.test(answer.body))
  for (const args of [['list', '--limit', '1000'], ['list', '--json'], ['export']]) {
    const { code, stdout } = await runCommand(['audit', ...args, '--data', folder.path])
    assert.equal(code, 0)
    assert.ok(!rawControl.test(stdout), args.join(' '))
  }
  assert.equal((await eventsOf(again, 'server')).length, 3, 'start, stop, start')
  await again.stop()
})
