/** Fills the store of a stopped Credence server with clients: straight into it, because one request each would take minutes. */
import { join } from 'node:path'
import { createId, systemClock, systemRandomness } from '@credence/protocol'
import { openStorage, type Stores } from '@credence/storage'
import { createClientSecret, createSecretDigester } from '../packages/server/src/client_auth/secrets/client_secret.ts'
import { loadMasterKey } from '../packages/server/src/key_material/master_key.ts'
import { createSealer } from '../packages/server/src/key_material/sealing.ts'
import { loadServerKeys } from '../packages/server/src/key_material/server_keys.ts'
import { audience, basic, scope } from './servers/request.ts'

const clientsPerTransaction = 1000

/** Creates that many clients with one secret and one grant each. Returns the Authorization header of every one. */
export const createClients = async (data: string, count: number): Promise<readonly string[]> => {
  const storage = await openStorage({ database: { kind: 'sqlite', file: join(data, 'credence.db') } })
  try {
    const masterKey = await loadMasterKey({ given: undefined, dataFolder: data, mayCreate: false }, systemRandomness)
    const sealer = createSealer(masterKey, systemRandomness)
    const keys = await loadServerKeys(storage.sealedKeys, sealer, { clock: systemClock, randomness: systemRandomness })
    const { digest } = createSecretDigester(keys.client_secret_pepper)
    const authorizations: string[] = []
    while (authorizations.length < count) {
      await storage.transaction(async (stores) => {
        const end = Math.min(count, authorizations.length + clientsPerTransaction)
        while (authorizations.length < end)
          authorizations.push(await createClient(stores, `client-${authorizations.length}`, digest))
      })
    }
    return authorizations
  } finally {
    await storage.close()
  }
}

const createClient = async (stores: Stores, clientId: string, digest: (secret: string) => Buffer): Promise<string> => {
  const now = systemClock.epochSeconds()
  const made = { clientId, createdAt: now, updatedAt: now }
  const credentialId = createId('cred', now * 1000, systemRandomness)
  const secret = createClientSecret(credentialId, systemRandomness)
  await stores.clients.create({
    ...made,
    name: undefined,
    tokenEndpointAuthMethod: undefined,
    tokenTtlSeconds: undefined,
    defaultScope: undefined,
    quota: undefined,
    managedRotation: undefined,
    dpopBoundAccessTokens: false,
    certificateBoundAccessTokens: false,
    tokenEndpointAudience: false,
    serves: [],
    disabled: false,
    revision: 1,
  })
  await stores.credentials.create({
    credentialId,
    clientId,
    kind: 'secret',
    label: undefined,
    secretDigest: digest(secret),
    sealedSecret: undefined,
    createdAt: now,
    expiresAt: undefined,
    revokedAt: undefined,
    lastUsedAt: undefined,
    lastUsedFrom: undefined,
    lastUsedUserAgent: undefined,
    lifetimeSeconds: undefined,
    replaces: undefined,
  })
  await stores.grants.set({ ...made, audience, scopes: [scope] })
  return basic(clientId, secret)
}
