import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, test } from 'node:test'
import { startClientSetting } from '../support/a_client.ts'
import { findRuntime } from '../support/foreign.ts'
import { startHttpStore } from './http_store.ts'
import { openTokenDoor, type TokenDoor } from './token_door.ts'

const setting = await startClientSetting()
const children = new Set<ChildProcess>()
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await setting.credence.dispose()
})

const processes = 8
/** Long, so that no process is slow enough for a second lease; and as long as is waited for after a kill. */
const leaseMs = { unhurried: 30_000, killed: 6_000 }

interface OneProcess {
  readonly child: ChildProcess
  /** Lets it ask. */
  readonly go: () => void
  /** The tokens it had, hashed; undefined when it was killed. */
  readonly result: Promise<readonly string[] | undefined>
}

/** Starts a process and waits until it is ready. */
const startOne = async (environment: NodeJS.ProcessEnv): Promise<OneProcess> => {
  const child = spawn(
    process.execPath,
    ['--conditions=@credence/source', join(import.meta.dirname, 'one_process.ts')],
    {
      env: environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  children.add(child)
  const ended = once(child, 'close').finally(() => children.delete(child))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, 'ready')
  const result = lines.next().then(async ({ value }) => {
    await ended
    return value === undefined ? undefined : JSON.parse(value)
  })
  return { child, go: () => child.stdin.write('go\n'), result }
}

const startProcesses = (
  storeUrl: string,
  { door, lease }: { readonly door: TokenDoor; readonly lease: number },
): Promise<readonly OneProcess[]> => {
  const { ISSUER, CLIENT_ID, CLIENT_SECRET, AUDIENCE } = setting.environment
  const environment = {
    ...process.env,
    ISSUER,
    CLIENT_ID,
    CLIENT_SECRET,
    AUDIENCE,
    TOKEN_ENDPOINT: door.url,
    STORE_URL: storeUrl,
    SEALING_KEY: randomBytes(32).toString('base64'),
    LEASE_MS: String(lease),
  }
  return Promise.all(Array.from({ length: processes }, () => startOne(environment)))
}

interface StartedStore {
  readonly url: string
  readonly close: () => Promise<unknown>
}

const askTogether = async (storeUrl: string) => {
  const door = await openTokenDoor(setting.tokenEndpoint)
  const all = await startProcesses(storeUrl, { door, lease: leaseMs.unhurried })
  for (const { go } of all) go()
  const had = await Promise.all(all.map(({ result }) => result))
  await door.close()
  return { asked: door.asked.length, had, distinct: new Set(had.flat()).size }
}

const killTheHolder = async (storeUrl: string) => {
  const door = await openTokenDoor(setting.tokenEndpoint)
  door.isOpen = false
  const all = await startProcesses(storeUrl, { door, lease: leaseMs.killed })
  for (const { go } of all) go()
  await door.untilAsked(1)
  door.isOpen = true
  const holder = all.find(({ child }) => child.pid === door.asked[0])
  assert.ok(holder?.child.kill('SIGKILL'))
  const had = await Promise.all(all.map(({ result }) => result))
  await door.close()
  return { asked: door.asked, had: had.filter((tokens) => tokens !== undefined) }
}

const testStore = (name: string, start: () => Promise<StartedStore | { readonly skip: string }>) =>
  describe(name, () => {
    test(`${processes} processes, 100 calls each → one request to the authorization server`, async (t) => {
      const store = await start()
      if ('skip' in store) return t.skip(store.skip)
      const { asked, had, distinct } = await askTogether(store.url)
      assert.deepEqual([asked, had.length, distinct], [1, processes, 1])
      await store.close()
    })

    test('kill -9 of the process that asks → another asks when its lease has ended, and the rest wait for that', async (t) => {
      const store = await start()
      if ('skip' in store) return t.skip(store.skip)
      const { asked, had } = await killTheHolder(store.url)
      // who waits no longer than the bound asks without the lease: then there would be more than two
      assert.equal(asked.length, 2)
      assert.notEqual(asked[0], asked[1])
      assert.equal(had.length, processes - 1)
      assert.equal(new Set(had.flat()).size, 1)
      await store.close()
    })

    test('the store is down → every process has a token', async (t) => {
      const store = await start()
      if ('skip' in store) return t.skip(store.skip)
      await store.close()
      const { asked, had } = await askTogether(store.url)
      assert.equal(asked, processes)
      for (const tokens of had) assert.equal(tokens?.length, 1)
    })
  })

testStore('a shared cache over HTTP', startHttpStore)

testStore('a shared cache in Redis', async () => {
  const redis = await findRuntime(['redis-server'], { probe: ['--version'], what: 'redis-server' })
  if (redis.skip !== false) return redis
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn(redis.program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  const ended = once(child, 'close').finally(() => children.delete(child))
  for await (const line of createInterface({ input: child.stdout })) if (/ready to accept/i.test(line)) break
  child.stdout.resume()
  const close = () => {
    child.kill('SIGTERM')
    return ended
  }
  return { url: `redis://127.0.0.1:${port}`, close }
})

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
