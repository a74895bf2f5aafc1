import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, it } from 'node:test'
import { decodeCompactJws, JwtError, type KeyFetchEvent } from '@credence/jwt'
import { systemClock } from '@credence/protocol'
import type { Federation } from '@credence/storage'
import { createPlatformKeys, logPlatformKeys } from './platform_keys.ts'
import { createPlatformIssuer } from './testing/platform_issuer.ts'

const platform = await createPlatformIssuer()
const { algorithm } = decodeCompactJws(platform.sign({})).header

const federation = (changed: Partial<Federation>): Federation => ({
  platform: 'oidc',
  issuer: 'https://login.example.net',
  subject: { claim: 'sub', match: 'exact', values: ['a'] },
  audience: 'https://auth.example.com',
  claims: [],
  keys: undefined,
  ...changed,
})

describe('the keys of platforms', () => {
  it('K4: what is on this machine is not called, wherever it was named, unless private addresses are allowed', async () => {
    let asked = 0
    const server = createServer((_, response) => {
      asked++
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [platform.jwk] }))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    try {
      const guarded = createPlatformKeys({ clock: systemClock, allowPrivateAddresses: false })
      for (const named of [{ issuer: url }, { keys: { jwksUri: `${url}/keys` } }]) {
        await assert.rejects(
          async () => guarded(federation(named)).find(platform.kid, algorithm),
          (error) => error instanceof JwtError && error.code === 'keys_unavailable',
        )
      }
      assert.equal(asked, 0)
      const open = createPlatformKeys({ clock: systemClock, allowPrivateAddresses: true })
      assert.ok(await open(federation({ keys: { jwksUri: `${url}/keys` } })).find(platform.kid, algorithm))
      assert.equal(asked, 1)
    } finally {
      server.close()
    }
  })

  it('are one set for all who trust the same issuer at the same place, and never another’s', () => {
    const keysOf = createPlatformKeys({ clock: systemClock, allowPrivateAddresses: false })
    const jwksUri = 'https://login.example.net/keys'
    const one = keysOf(federation({}))
    assert.equal(keysOf(federation({ audience: 'https://other.example' })), one)
    const others = [
      federation({ issuer: 'https://login.example.org' }),
      federation({ keys: { jwksUri } }),
      federation({ keys: { jwksUri }, platform: 'spiffe' }),
      federation({ keys: { jwksUri }, issuer: 'https://login.example.org' }),
      federation({ keys: { jwks: JSON.stringify({ keys: [platform.jwk] }) } }),
    ]
    const sets = new Set([one, ...others.map(keysOf)])
    assert.equal(sets.size, 1 + others.length)
  })

  it('an operator is told of what could not be fetched, and of nothing else', () => {
    const told: unknown[] = []
    const log = logPlatformKeys({ warn: (...given: readonly unknown[]) => void told.push(given) })
    const issuer = 'https://login.example.net'
    const events: readonly KeyFetchEvent[] = [
      { type: 'started', issuer },
      { type: 'succeeded', issuer, durationMs: 1, keys: 1, skipped: 0 },
      { type: 'failed', issuer, durationMs: 1, error: 'connection refused' },
    ]
    events.forEach(log)
    assert.deepEqual(told, [[{ issuer, reason: 'connection refused' }, 'the keys of a platform could not be fetched']])
  })
})
