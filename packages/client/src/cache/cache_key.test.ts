import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCacheKey } from './cache_key.ts'
import { createTarget } from './token_target.ts'

describe('the cache key', () => {
  const target = createTarget({ scope: 'a b', audience: 'https://x', parameters: { password: 'canary' } })
  const parts = { issuer: 'https://as.example.com', clientId: 'job', credentialId: 'c1', target }

  it('trap: issuer, client, credential id, scope, audience, resource and extra parameters each make another key', async () => {
    const changes = [
      {},
      { issuer: 'https://as2.example.com' },
      { clientId: 'job2' },
      { credentialId: 'c2' },
      { credentialId: undefined },
      { target: createTarget({ scope: 'a', audience: 'https://x', parameters: { password: 'canary' } }) },
      { target: createTarget({ scope: 'a b', audience: 'https://y', parameters: { password: 'canary' } }) },
      { target: createTarget({ scope: 'a b', resource: 'https://x', parameters: { password: 'canary' } }) },
      { target: createTarget({ scope: 'a b', audience: 'https://x', parameters: { password: 'other' } }) },
      { target: createTarget({ scope: 'a b', audience: 'https://x' }) },
      { partition: 'p' },
      { thumbprint: 'p' },
    ]
    const keys = await Promise.all(changes.map((change) => createCacheKey({ ...parts, ...change })))
    assert.equal(new Set(keys).size, changes.length)
  })

  it('is the same for the same token, and a hash', async () => {
    const key = await createCacheKey(parts)
    const again = createTarget({ scope: ['b', 'a'], audience: 'https://x', parameters: { password: 'canary' } })
    assert.equal(key, await createCacheKey({ ...parts, target: again }))
    assert.match(key, /^[0-9a-f]{64}$/)
  })
})
