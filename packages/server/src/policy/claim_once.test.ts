import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplayClaim } from '@credence/storage'
import { createClaimOnce } from './claim_once.ts'

const createStore = () => {
  const claimed = new Set<string>()
  return {
    asked: 0,
    async claim(claims: readonly ReplayClaim[]) {
      this.asked++
      return claims.map(({ entry }) => {
        const free = !claimed.has(entry)
        claimed.add(entry)
        return free
      })
    },
  }
}

const knownSince = 10_000
const refused: string[] = []
const create = () => {
  refused.length = 0
  const store = createStore()
  return { store, claimOnce: createClaimOnce(store, { knownSince, onRefused: (why) => refused.push(why) }) }
}

test('RFC 7523 §3: what was used before is refused, as what it was for', async () => {
  const { claimOnce } = create()
  const claims = [{ entry: 'a', expiresAt: 20_000, issuedAt: 19_000 }]
  const other = [{ entry: 'b', expiresAt: 20_000, issuedAt: 19_000 }]
  await claimOnce(claims)
  await assert.rejects(async () => claimOnce(claims), { code: 'invalid_client', detail: 'replay' })
  await assert.rejects(async () => claimOnce(other, claims), { code: 'invalid_dpop_proof' })
  assert.deepEqual(refused, ['replayed', 'replayed'])
})

test('D25: what was made before a restore, by whichever clock, is refused and not asked for', async () => {
  const { claimOnce, store } = create()
  for (const issuedAt of [9_000, 10_000, 10_010]) {
    const claims = [{ entry: `${issuedAt}`, expiresAt: 10_100, issuedAt }]
    await assert.rejects(async () => claimOnce(claims), { code: 'invalid_client', status: 401 })
  }
  await claimOnce([{ entry: 'new', expiresAt: 10_100, issuedAt: 10_011 }])
  assert.equal(store.asked, 1)
  assert.deepEqual(refused, ['uncertain', 'uncertain', 'uncertain'])
})

test('D25: what does not say when it was made counts as old as it can be', async () => {
  const { claimOnce } = create()
  await assert.rejects(async () => claimOnce([], [{ entry: 'a', expiresAt: 10_370 }]), /used before/)
  await claimOnce([], [{ entry: 'a', expiresAt: 10_371 }])
})

test('nothing to claim asks the store nothing, and is not waited for', () => {
  const { claimOnce, store } = create()
  assert.equal(claimOnce([], []), undefined)
  assert.equal(store.asked, 0)
})
