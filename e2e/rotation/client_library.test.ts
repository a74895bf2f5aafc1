import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTokenManager, type ManagedRotationOptions, type TokenManager } from '@credence/client'
import { fileSecret } from '@credence/client/node'
import { createResourceServer } from '@credence/verifier'
import { askToken, assertRefused } from '../support/token.ts'
import { startServerInProcess } from './server_in_process.ts'

const audience = 'https://orders.example.com'
const minute = 60

const server = await startServerInProcess()
after(server.dispose)
await server.manageJson('POST', '/apis', { audience, scopes: ['orders:read'] })
const folder = await mkdtemp(join(tmpdir(), 'credence-rotation-'))
after(() => rm(folder, { recursive: true }))

/** A client whose secret lives ten minutes and may replace itself, and the file with it, as `credence client create --json` prints it. */
const createClient = async (clientId: string) => {
  const created = await server.manageJson('POST', '/clients', {
    client_id: clientId,
    grants: [{ audience, scopes: ['orders:read'] }],
    managed_rotation: { overlap_seconds: 5 * minute },
    credential: { expires_in: 10 * minute },
  })
  const path = join(folder, `${clientId}.json`)
  await writeFile(path, JSON.stringify(created))
  return { path, secret: String(created.client_secret) }
}

const heldIn = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as { readonly client_secret: string }

const askWith = (client_id: string, client_secret: string) =>
  askToken(server, { client_id, client_secret, credential_id: '' })

const createManager = (clientId: string, path: string, managedRotation: Partial<ManagedRotationOptions> = {}) => {
  const file = fileSecret(path)
  return createTokenManager({
    issuer: server.issuer,
    clientId,
    clientSecret: file,
    managedRotation: { writeTo: file, beforeExpirySeconds: 7 * minute, ...managedRotation },
    clock: server.clock,
  })
}

test('three rotations under load by several managers of one process: no failed call, one replacement each time', async (t) => {
  const { path, secret: first } = await createClient('busy')
  const replaced: (string | undefined)[] = []
  const failures: unknown[] = []
  const hooks = {
    onReplaced: ({ credentialId }: { readonly credentialId?: string | undefined }) => replaced.push(credentialId),
    onFailed: (error: unknown) => failures.push(error),
  }
  const managers = [1, 2, 3].map(() => createManager('busy', path, hooks))
  const orders = createResourceServer({ resource: audience, issuers: [{ issuer: server.issuer }], clock: server.clock })
  const calls = { total: 0, failed: [] as string[] }
  let stopped = false

  const work = async (tokens: TokenManager) => {
    while (!stopped) {
      calls.total++
      try {
        const { accessToken } = await tokens.getToken({ forceRefresh: true })
        const called = await orders.verify({ headers: { authorization: `Bearer ${accessToken}` } })
        if (!called.ok) calls.failed.push('refused by the API')
      } catch (error) {
        calls.failed.push(String(error))
      }
    }
  }
  const until = async (reached: () => boolean) => {
    const limit = calls.total + 20_000
    while (!reached() && calls.total < limit && calls.failed.length === 0)
      await new Promise((next) => setImmediate(next))
  }
  const untilCalls = (count: number) => {
    const enough = calls.total + count
    return until(() => calls.total >= enough)
  }

  const workers = managers.flatMap((tokens) => [work(tokens), work(tokens)])
  const old = [first]
  for (let rotation = 1; rotation <= 3; rotation++) {
    await untilCalls(60)
    assert.equal(replaced.length, rotation - 1, 'nothing is replaced before it is due')
    server.clock.advance(3 * minute + 1)
    await until(() => replaced.length >= rotation)
    await untilCalls(60)
    old.push((await heldIn(path)).client_secret)
  }
  // the end of the last overlap
  server.clock.advance(2 * minute + 58)
  await untilCalls(60)
  stopped = true
  await Promise.all(workers)
  for (const tokens of managers) tokens.close()

  assert.deepEqual(calls.failed, [])
  assert.deepEqual(failures, [])
  assert.equal(replaced.length, 3)
  t.diagnostic(`${calls.total} calls, ${calls.failed.length} failed, ${replaced.length} rotations`)
  assert.equal(new Set(old).size, 4)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  for (const client_secret of old.slice(0, 2)) {
    assertRefused(await askWith('busy', client_secret), 'invalid_client')
  }
  assert.equal((await askWith('busy', old[3] ?? '')).status, 200)
})

test('the process dies once the new secret is written: the next one finds it, and it works', async () => {
  const { path, secret } = await createClient('died_late')
  server.clock.advance(3 * minute + 1)
  const file = fileSecret(path)
  // resolves never: nothing comes after the write
  const written = Promise.withResolvers<void>()
  const dying = createManager('died_late', path, {
    writeTo: async (made) => {
      await file.write(made)
      written.resolve()
      await new Promise(() => undefined)
    },
  })
  await dying.getToken()
  await written.promise
  dying.close()
  assert.notEqual((await heldIn(path)).client_secret, secret)
  const next = createManager('died_late', path)
  assert.ok(await next.getToken())
  next.close()
})

test('the process dies before the new secret is written: the old one asks again a minute later, and what was made is void', async () => {
  const { path, secret } = await createClient('died_early')
  server.clock.advance(3 * minute + 1)
  const lost = Promise.withResolvers<string>()
  const dying = createManager('died_early', path, {
    writeTo: async (made) => {
      lost.resolve(made.current)
      await new Promise(() => undefined)
    },
  })
  await dying.getToken()
  const made = await lost.promise
  dying.close()
  assert.equal((await heldIn(path)).client_secret, secret)
  server.clock.advance(minute)
  const replaced = Promise.withResolvers<void>()
  const next = createManager('died_early', path, { onReplaced: () => replaced.resolve() })
  assert.ok(await next.getToken())
  await replaced.promise
  next.close()
  assertRefused(await askWith('died_early', made), 'invalid_client')
})
