import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CliError } from '../cli_error.ts'
import type { CredentialApi, CredentialOutlook, NewCredentialDocument } from './credential_api.ts'
import { type RotationDeps, rotate } from './rotate.ts'

interface Scene {
  now: number
  away: boolean
  readonly credentials: Map<string, { madeAt: number; usedAt?: number; status: 'live' | 'revoked' }>
  readonly told: string[]
  readonly confirms: (() => boolean)[]
  readonly use: (id: string) => void
}

/** A server with one client, whose clock the rotation's own sleeping moves, and what is done to it at which second. */
const createScene = (script: Readonly<Record<number, (scene: Scene) => void>> = {}) => {
  const scene: Scene = {
    now: 0,
    away: false,
    credentials: new Map([['old', { madeAt: -9_000, usedAt: 0, status: 'live' }]]),
    told: [],
    confirms: [],
    use(id) {
      const credential = scene.credentials.get(id)
      if (credential !== undefined) credential.usedAt = scene.now
    },
  }
  const outlook = (id: string): CredentialOutlook => {
    const { madeAt = 0, usedAt, status = 'live' } = scene.credentials.get(id) ?? {}
    return {
      credential_id: id,
      client_id: 'job',
      kind: 'secret',
      status,
      created_at: madeAt,
      ...(usedAt !== undefined && { last_used_at: usedAt }),
      idle_seconds: scene.now - (usedAt ?? madeAt),
      token_lifetime_seconds: 600,
      retirement: { safe: false, because: '' },
    }
  }
  const api: CredentialApi = {
    list: async () => {
      if (scene.away) throw new CliError('no_server', 'no server')
      return [...scene.credentials.keys()].map(outlook)
    },
    get: async (_client, id) => outlook(id),
    add: async () => {
      scene.credentials.set('new', { madeAt: scene.now, status: 'live' })
      return { ...outlook('new'), client_secret: 'shown once', client_secret_expires_at: 0 } as NewCredentialDocument
    },
    revoke: async (_client, id) => {
      const credential = scene.credentials.get(id)
      if (credential !== undefined) credential.status = 'revoked'
      return outlook(id)
    },
  }
  const deps: RotationDeps = {
    credentials: api,
    report: {
      added: () => scene.told.push('added'),
      resumed: () => scene.told.push('resumed'),
      status: ({ waits }) => {
        const line = waits.join(' ')
        if (scene.told.at(-1) !== line) scene.told.push(line)
      },
      away: () => scene.told.push('away'),
      revoked: (id) => scene.told.push(`revoked ${id}`),
      done: () => scene.told.push('done'),
    },
    confirm: async () => scene.confirms.shift()?.() ?? true,
    sleep: async (milliseconds) => {
      for (const end = scene.now + milliseconds / 1000; scene.now < end; ) {
        scene.now++
        script[scene.now]?.(scene)
      }
    },
  }
  const run = (changed: object = {}) =>
    rotate({ client: 'job', secret: {}, terms: { quiet: 20 }, resume: false, ...changed }, deps)
  return { scene, deps, run }
}

const code = (expected: string) => (error: unknown) => error instanceof CliError && error.code === expected

describe('credential rotate: the walk', () => {
  it('adds, waits for the new one to be used and the old one not to be, revokes', async () => {
    const { scene, run } = createScene({ 7: ({ use }) => use('old'), 10: ({ use }) => use('new') })
    await run()
    assert.deepEqual(scene.told, ['added', 'new_unused older_in_use', 'older_in_use', 'revoked old', 'done'])
    assert.equal(scene.now, 28, 'the first look when the old one was quiet for 20 s')
  })

  it('waits for ever, which is a week, and revokes nothing while the new one is not used', async () => {
    const { scene, run } = createScene()
    await assert.rejects(run(), code('too_long'))
    assert.equal(scene.now, 7 * 86_400)
    assert.equal(scene.credentials.get('old')?.status, 'live')
  })

  it('interrupted at any look: nothing is revoked, and --resume goes on with what is there', async () => {
    const { scene, deps, run } = createScene({ 3: ({ use }) => use('new') })
    const { sleep } = deps
    let looks = 0
    Object.assign(deps, {
      sleep: async (milliseconds: number) => {
        if (++looks === 4) throw new CliError('interrupted', 'stopped')
        await sleep(milliseconds)
      },
    })
    await assert.rejects(run(), code('interrupted'))
    assert.deepEqual(
      [...scene.credentials.values()].map(({ status }) => status),
      ['live', 'live'],
    )
    await run({ resume: true })
    assert.deepEqual(scene.told.slice(-3), ['older_in_use', 'revoked old', 'done'])
    assert.equal(scene.credentials.size, 2, 'none was added')
  })

  it('not confirmed: nothing is revoked', async () => {
    const { scene, run } = createScene({ 1: ({ use }) => use('new') })
    scene.confirms.push(() => false)
    await assert.rejects(run(), code('not_confirmed'))
    assert.equal(scene.credentials.get('old')?.status, 'live')
  })

  it('an old one that is used while somebody thinks about it is waited for again', async () => {
    const { scene, run } = createScene({ 1: ({ use }) => use('new') })
    scene.confirms.push(() => {
      scene.use('old')
      return true
    })
    await run()
    assert.equal(scene.now, 40)
    assert.deepEqual(scene.told.slice(-2), ['revoked old', 'done'])
  })

  it('a server that is away for a while is asked again; one that stays away ends it', async () => {
    const back = createScene({
      1: ({ use }) => use('new'),
      5: (scene) => Object.assign(scene, { away: true }),
      30: (scene) => Object.assign(scene, { away: false }),
    })
    await back.run()
    assert.ok(back.scene.told.includes('away') && back.scene.told.at(-1) === 'done')
    const gone = createScene({ 5: (scene) => Object.assign(scene, { away: true }) })
    await assert.rejects(gone.run(), code('no_server'))
    assert.equal(gone.scene.credentials.get('old')?.status, 'live')
  })

  it('somebody revoked the new one meanwhile: the old one stays', async () => {
    const { scene, run } = createScene({
      5: ({ credentials }) => void credentials.set('new', { madeAt: 0, status: 'revoked' }),
    })
    await assert.rejects(run(), code('rotation_lost'))
    assert.equal(scene.credentials.get('old')?.status, 'live')
  })

  it('an unknown id to retire is refused before anything is made', async () => {
    const { scene, run } = createScene()
    await assert.rejects(run({ terms: { retire: ['odl'] } }), code('not_found'))
    assert.equal(scene.credentials.size, 1)
  })
})
