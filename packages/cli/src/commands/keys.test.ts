import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startServe, type TestServer } from '../testing/start_serve.ts'

interface Key {
  readonly kid: string
  readonly alg: string
  readonly status: string
}

describe('credence keys, each with --json and without', () => {
  let server: TestServer
  before(async () => {
    server = await startServe()
  })
  after(() => server.stop())

  const runs = async (words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await server.run(words)
    assert.equal(stderr, '')
    assert.equal(code, 0)
    return stdout
  }
  const listed = async () => (await server.runJson(['keys', 'list'])).items as readonly Key[]

  it('keys list, rotate', async () => {
    const [first] = await listed()
    assert.deepEqual([first?.alg, first?.status], ['ES256', 'active'])
    const rotated = await server.runJson(['keys', 'rotate'])
    assert.equal((rotated.key as Key).status, 'published')
    const shown = await runs(['keys', 'rotate'])
    assert.match(shown, /^ES256 key \S+ is published and signs from \d{4}-\S+ \S+ on, by itself\n/)
    assert.match(shown, new RegExp(`replaces +${first?.kid}`))
    assert.match(await runs(['keys', 'rotate', '--alg', 'EdDSA']), /^EdDSA key \S+ signs now\n$/)
    assert.match(await runs(['keys', 'list']), /^KEY +ALG +STATUS(.*\n)+.* published /)
    assert.equal((await server.run(['keys', 'rotate', '--alg', 'HS256'])).code, 2)
  })

  it('keys rotate --now says what it costs', async () => {
    assert.match(await runs(['keys', 'rotate', '--now']), /signs now\n.*replaces.*\n +cost .* up to 305s \(5m\),\n/)
    assert.equal(((await server.runJson(['keys', 'rotate', '--now'])).key as Key).status, 'active')
  })

  it('keys revoke says how long it may still be felt', async () => {
    const active = async () =>
      (await listed()).find(({ alg, status }) => alg === 'ES256' && status === 'active')?.kid ?? ''
    const shown = await runs(['keys', 'revoke', await active()])
    assert.match(shown, /out of the key set; it was active\n +now signs +\S+\n +verifiers .*305s.*\n +tokens .*3600s/)
    assert.ok(shown.includes(await active()))
    assert.equal(((await server.runJson(['keys', 'revoke', await active()])).revoked as Key).status, 'active')
    const { code, stderr } = await server.run(['keys', 'revoke', 'unknown'])
    assert.equal(code, 1)
    assert.match(stderr, /no signing key unknown/)
  })

  it('keys rewrap seals under the new master key; without a previous one it says what is missing', async () => {
    const { code, stderr } = await server.run(['keys', 'rewrap'])
    assert.equal(code, 78)
    assert.match(stderr, /CREDENCE_MASTER_KEY_PREVIOUS/)
    const previous = await readFile(join(server.ready.data, 'master.key'), 'utf8')
    const environment = {
      CREDENCE_MASTER_KEY: randomBytes(32).toString('base64'),
      CREDENCE_MASTER_KEY_PREVIOUS: previous.trim(),
    }
    assert.match((await server.run(['keys', 'rewrap'], { environment })).stdout, /^\d+ secrets are sealed anew\n/)
    assert.equal((await server.runJson(['keys', 'rewrap'], { environment })).sealed_anew, 0)
    assert.match((await server.run(['keys', 'rewrap'], { environment })).stdout, /^everything was sealed .* already\n/)
  })
})
