/** D4: kill -9 at each step of a key rotation. There is an active key always, and every unexpired kid is in the key set. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { openStorage, type SigningKey } from '@credence/storage'
import { publishedForSeconds, tokensLiveForSeconds } from '../../packages/server/src/key_material/key_times.ts'
import { makeFolder } from '../support/credence_process.ts'

const steps = ['create', 'publish', 'activate', 'remove', 'revoke'].map((step) => `signing_key.${step}`)
const actions = [...steps, 'master_key.change']
const moments = ['before commit', 'after commit'] as const

export interface D4Options {
  /** How often each step is killed, before its commit and after it. */
  readonly rounds: number
  /** How many more kills come at any moment whatever. */
  readonly randomKills: number
}

export interface D4Figures {
  readonly kills: number
  readonly signatures: number
  readonly keysSeen: number
  /** Kids that signed less than a token's life ago, looked for after the kills. */
  readonly unexpiredChecked: number
}

/** What the killed processes said, all together. */
interface Heard {
  now: number
  signatures: number
  readonly lastSigned: Map<string, number>
  /** When a revocation began, by kid. */
  readonly revoked: Map<string, number>
}

const hear = (line: string, heard: Heard): void => {
  const [what, first = '', second] = line.split(' ')
  if (what === 'at') heard.now = Number(first)
  if (what === 'revoking') heard.revoked.set(first, heard.now)
  if (what === 'error') assert.fail(line)
  if (what === 'signed') {
    heard.signatures++
    heard.lastSigned.set(first, Number(second))
  }
}

interface Kill {
  readonly file: string
  readonly heard: Heard
  /** Where the child stops by itself to be killed; undefined: after so many milliseconds, wherever it is. */
  readonly at: readonly [action: string, moment: string] | number
}

const liveAndKill = async ({ file, heard, at }: Kill): Promise<void> => {
  const where = typeof at === 'number' ? [] : at
  const script = join(import.meta.dirname, 'd4_child.ts')
  const child = spawn(process.execPath, ['--conditions=@credence/source', script, file, `${heard.now}`, ...where], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000)
  if (typeof at === 'number') delay(at).then(() => child.kill('SIGKILL'))
  let reached = typeof at === 'number'
  for await (const line of createInterface({ input: child.stdout })) {
    hear(line, heard)
    if (line !== 'here') continue
    reached = true
    child.kill('SIGKILL')
  }
  clearTimeout(limit)
  assert.deepEqual(await ended, [null, 'SIGKILL'], `the child ended by itself at ${where}`)
  assert.ok(reached, `the child never came to ${where}`)
}

/** @returns how many kids were looked for because tokens under them are alive */
const checkKeySet = (keys: readonly SigningKey[], { now, lastSigned, revoked }: Heard): number => {
  for (const algorithm of new Set(keys.map((key) => key.algorithm))) {
    const having = (status: string) => keys.filter((key) => key.algorithm === algorithm && key.status === status).length
    assert.equal(having('active'), 1, `${algorithm}: ${having('active')} active keys`)
    assert.ok(having('published') <= 1, `${algorithm}: ${having('published')} published keys`)
  }
  for (const { kid, activateAt, activatedAt, createdAt } of keys) {
    if (activateAt === undefined || activatedAt === undefined) continue
    // in an emergency the next key signs at once
    if ([...revoked.values()].includes(activatedAt)) continue
    assert.ok(
      activatedAt - createdAt >= publishedForSeconds,
      `${kid} signed ${activatedAt - createdAt} s after it came`,
    )
  }
  const alive = [...lastSigned].filter(([kid, at]) => now <= at + tokensLiveForSeconds && !revoked.has(kid))
  for (const [kid, at] of alive) {
    assert.ok(
      keys.some((key) => key.kid === kid),
      `${kid} signed ${now - at} s ago and is not in the key set`,
    )
  }
  return alive.length
}

export const runD4 = async ({ rounds, randomKills }: D4Options): Promise<D4Figures> => {
  const folder = await makeFolder()
  const file = join(folder.path, 'credence.db')
  const heard: Heard = { now: 1_800_000_000, signatures: 0, lastSigned: new Map(), revoked: new Map() }
  let kills = 0
  let unexpiredChecked = 0
  const killAndCheck = async (at: Kill['at']): Promise<void> => {
    await liveAndKill({ file, heard, at })
    kills++
    const storage = await openStorage({ database: { kind: 'sqlite', file } })
    try {
      unexpiredChecked += checkKeySet(await storage.signingKeys.list(), heard)
    } finally {
      await storage.close()
    }
  }
  try {
    for (let round = 0; round < rounds; round++) {
      for (const action of actions) {
        // the first key of an algorithm is made once
        if (action === 'signing_key.create' && round > 0) continue
        for (const moment of moments) await killAndCheck([action, moment])
      }
    }
    for (let kill = 0; kill < randomKills; kill++) await killAndCheck(250 + Math.random() * 500)
  } finally {
    await folder.dispose()
  }
  return { kills, signatures: heard.signatures, keysSeen: heard.lastSigned.size, unexpiredChecked }
}

if (import.meta.main) console.log('D4', await runD4({ rounds: 5, randomKills: 100 }))
