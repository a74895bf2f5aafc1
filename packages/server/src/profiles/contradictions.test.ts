import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Client, openStorage } from '@credence/storage'
import { aClient, aCredential, anApi, now } from '../../../storage/src/testing/fixtures.ts'
import { findContradictions } from './contradictions.ts'
import { fapi2 } from './fapi2.ts'

test('FAPI 2.0 §5.3.2.1, §5.4: what in the store the profile refuses is found, by kind, with what to do', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'credence-'))
  const storage = await openStorage({ database: { kind: 'sqlite', file: join(folder, 'credence.db') } })
  try {
    const found = async () => {
      const { found, truncated } = await findContradictions(storage, fapi2, now)
      assert.equal(truncated, false)
      return Object.fromEntries(found.map(({ what, named, count }) => [what, { named, count }]))
    }
    assert.deepEqual(await found(), {})

    await storage.apis.create(anApi({ audience: 'urn:es', signingAlgorithm: 'ES256' }))
    await storage.apis.create(anApi({ audience: 'urn:rs', signingAlgorithm: 'RS256' }))
    await storage.apis.create(anApi({ audience: 'urn:opaque', signingAlgorithm: 'RS256', tokenFormat: 'opaque' }))
    const create = async (
      clientId: string,
      changed: Partial<Client> = {},
      kinds: readonly ('secret' | 'key')[] = [],
    ) => {
      await storage.clients.create(aClient({ clientId, ...changed }))
      for (const kind of kinds) {
        const {
          secretDigest,
          sealedSecret,
          kind: _,
          ...facts
        } = aCredential({ clientId, credentialId: `${clientId}.${kind}` })
        await storage.credentials.create(
          kind === 'secret'
            ? { ...facts, kind, secretDigest, sealedSecret }
            : { ...facts, kind, key: { jwksUri: 'https://job.example.com/keys' } },
        )
      }
    }
    await create('none')
    await create('secret', {}, ['secret'])
    await create('both', {}, ['secret', 'key'])
    await create('key', {}, ['key'])
    await create('registered', { tokenEndpointAuthMethod: 'private_key_jwt' })
    await create('basic', { tokenEndpointAuthMethod: 'client_secret_basic' })
    await create('disabled', { tokenEndpointAuthMethod: 'client_secret_basic', disabled: true })
    await create('audience', { tokenEndpointAudience: true }, ['key'])
    for (let n = 0; n < 20; n++) await create(`x${n}`, { tokenEndpointAuthMethod: 'federated' })
    await storage.credentials.revoke('secret.secret', now)
    assert.deepEqual(await found(), {
      'APIs whose tokens are signed otherwise': { named: ['urn:rs'], count: 1 },
      'clients that can only authenticate otherwise': {
        named: ['basic', 'x0', 'x1', 'x10', 'x11', 'x12', 'x13', 'x14', 'x15', 'x16'],
        count: 21,
      },
      'clients whose assertions may name the token endpoint': { named: ['audience'], count: 1 },
    })
    await create('a-secret', {}, ['secret'])
    assert.equal((await found())['clients that can only authenticate otherwise']?.named[0], 'a-secret')
  } finally {
    await storage.close()
    rmSync(folder, { recursive: true })
  }
})
