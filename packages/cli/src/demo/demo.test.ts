import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { runCredence, spawnCredence } from '../testing/run_credence.ts'
import { countRuns } from './job_runs.ts'

describe('credence demo', () => {
  it('contract: tells the story with a rotation and no failed call, and ends by itself with exit code 0', async () => {
    const { code, stdout, stderr } = await runCredence(['demo', '--json'])
    assert.equal(code, 0, stderr)
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const { event, calls, failed, refused } = events.at(-1)
    assert.equal(event, 'done')
    assert.equal(failed, 0)
    assert.ok(calls >= 135 && refused === calls, `${calls} calls, ${refused} refused`)
    const story = events.map(({ text }) => text).join('\n')
    for (const part of [
      /GET \/jobs: 200/,
      /403 insufficient_scope/,
      /Rotation/,
      /old secret is revoked/,
      /audit verify: the \d+ records .* whole/,
      /credence findings/,
      /A is disabled: \d+ ms later B refused the token .* 401 invalid_token/,
    ])
      assert.match(story, part)
  })

  it('--keep leaves it running and says how to talk to it; SIGINT ends it and leaves nothing behind', async () => {
    const child = spawnCredence(['demo', '--keep'])
    let data = ''
    let orders = ''
    for await (const line of createInterface(child.stdout)) {
      data = /CREDENCE_DATA=(\S+)/.exec(line)?.[1] ?? data
      orders = /curl .* (http\S+)$/.exec(line)?.[1] ?? orders
      if (line.includes('credence grant set')) break
    }
    const listed = await runCredence(['client', 'list', '--data', data])
    assert.match(listed.stdout, /^report-job /m)
    assert.equal((await fetch(orders)).status, 401)
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    assert.equal(code, 0)
    assert.equal(existsSync(data), false)
    await assert.rejects(fetch(orders))
  })
})

describe('the count of calls', () => {
  const good = 'run 1: GET /jobs 200 (2 jobs), POST /jobs 403 insufficient_scope'
  it('counts what is as it must be', () => {
    assert.deepEqual(countRuns(['report_job is ready', good, good]), {
      calls: 2,
      failed: 0,
      refused: 2,
      firstFault: undefined,
    })
  })
  it('counts a call that failed, one that broke off, and one that should have been refused', () => {
    for (const [line, failed] of [
      ['run 2: GET /jobs 401 (0 jobs), POST /jobs 401 invalid_token', 1],
      ['run 2: failed, fetch failed', 1],
      ['run 2: GET /jobs 200 (2 jobs), POST /jobs 201', 0],
    ] as const) {
      assert.deepEqual(countRuns([good, line]), { calls: 2, failed, refused: 1, firstFault: line })
    }
  })
})
