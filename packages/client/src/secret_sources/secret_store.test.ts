import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFakeTime, timeoutMs } from '../testing/fake_time.ts'
import { unavailable } from '../testing/unavailable.ts'
import { TokenError } from '../token_error.ts'
import { createSecretStore, type SecretStoreOptions } from './secret_store.ts'

const createStore = (options: SecretStoreOptions = {}) => {
  const time = createFakeTime()
  const reads: string[] = []
  const control: { answer: () => Promise<string> } = { answer: async () => `secret-${reads.length}` }
  const store = createSecretStore(
    async () => {
      reads.push('read')
      return { current: await control.answer() }
    },
    { ...time, timeoutMs, ...options },
  )
  return { store, reads, control, time }
}

const current = async (secret: Promise<{ readonly current: string }>) => (await secret).current

describe('secret store', () => {
  it('asks once for any number of callers, and not again before reloadAfterSeconds', async () => {
    const { store, reads, time } = createStore({ reloadAfterSeconds: 60 })
    const secrets = await Promise.all(Array.from({ length: 100 }, () => current(store.get())))
    assert.deepEqual(new Set(secrets), new Set(['secret-1']))
    time.advance(59)
    assert.equal(await current(store.get()), 'secret-1')
    time.advance(1)
    assert.equal(await current(store.get()), 'secret-2')
    assert.equal(await current(store.reload()), 'secret-3')
    assert.equal(reads.length, 3)
  })

  it('keeps what it had while the store is away, asks every 30 s, and gives up after keepForSeconds', async () => {
    const { store, reads, control, time } = createStore({ reloadAfterSeconds: 60, keepForSeconds: 600 })
    await store.get()
    control.answer = () => Promise.reject(new Error('away: canary'))
    time.advance(60)
    for (let call = 0; call < 10; call++) assert.equal(await current(store.get()), 'secret-1')
    assert.equal(reads.length, 2)
    time.advance(30)
    assert.equal(await current(store.get()), 'secret-1')
    assert.equal(reads.length, 3)
    time.advance(600)
    await unavailable(store.get(), /source of the client secret failed: Error$/)
    control.answer = async () => 'back'
    assert.equal(await current(store.get()), 'back')
  })

  it('a failure is not remembered where there is nothing to fall back on', async () => {
    const { store, control } = createStore()
    control.answer = () => Promise.reject(new TypeError('canary'))
    await unavailable(store.get(), /TypeError/)
    control.answer = async () => 'back'
    assert.equal(await current(store.get()), 'back')
  })

  it('a store that hangs is given up', async () => {
    const { store, control, time } = createStore()
    control.answer = () => new Promise(() => undefined)
    const answer = store.get()
    while (time.waiting() === 0) await new Promise((next) => setImmediate(next))
    time.advance(timeoutMs / 1000)
    await unavailable(answer, /no answer within 60000 ms/)
  })

  it('invalid_configuration: numbers out of range', () => {
    for (const options of [{ reloadAfterSeconds: -1 }, { keepForSeconds: 1.5 }, { timeoutMs: 0 }]) {
      assert.throws(
        () => createStore(options),
        (error) => error instanceof TokenError && error.code === 'invalid_configuration',
      )
    }
  })
})
