/** What a store keeps sealed, opened as only the master key can, and what it would write into a backup. */
import assert from 'node:assert/strict'
import { createHmac, createPrivateKey, type KeyObject } from 'node:crypto'
import { systemClock, systemRandomness } from '@credence/protocol'
import { type AuditRecord, type DatabaseLocation, openStorage } from '@credence/storage'
import { createSealer } from '../../packages/server/src/key_material/sealing.ts'
import { loadServerKeys, type ServerKeys } from '../../packages/server/src/key_material/server_keys.ts'
import type { TestClient } from '../support/credence.ts'
import type { Canary } from './canary_search.ts'

export interface OpenedSecrets {
  readonly serverKeys: ServerKeys
  readonly masterKey: Buffer
  readonly digest: Buffer
  readonly canaries: readonly Canary[]
  readonly auditRecords: readonly AuditRecord[]
  /** The lines of a backup: every row of every table, whatever the database has done to its bytes. */
  readonly backup: string
}

export const openSecrets = async (
  database: DatabaseLocation,
  { masterKey, client }: { readonly masterKey: Buffer; readonly client: TestClient },
): Promise<OpenedSecrets> => {
  const storage = await openStorage({ database })
  const sealer = createSealer(masterKey, systemRandomness)
  const deps = { clock: systemClock, randomness: systemRandomness }
  const serverKeys = await loadServerKeys(storage.sealedKeys, sealer, deps)
  const signingKeys = await storage.signingKeys.list()
  const auditRecords = await storage.auditEvents.list({ limit: 10_000, order: 'oldest_first' })
  const lines: string[] = []
  for await (const line of storage.dump({})) lines.push(line)
  const [hmac] = await storage.credentials.listByClient('hmac', { limit: 1 })
  await storage.close()
  assert.ok(hmac?.kind === 'secret' && hmac.sealedSecret !== undefined)
  assert.equal(signingKeys.length, 4)

  const digest = createHmac('sha256', serverKeys.client_secret_pepper).update(client.client_secret).digest()
  return {
    serverKeys,
    masterKey,
    digest,
    auditRecords,
    backup: lines.join('\n'),
    canaries: [
      { title: 'the master key', kind: 'secret', secrets: [masterKey] },
      { title: 'a key of the server', kind: 'secret', secrets: Object.values(serverKeys) },
      ...signingKeys.map(({ kid, algorithm, sealedPrivateKey }): Canary => {
        const key = sealer.open(sealedPrivateKey, `signing key: ${kid}`)
        const opened = createPrivateKey({ key, type: 'pkcs8', format: 'der' })
        return { title: `the private ${algorithm} key`, kind: 'secret', secrets: privateParts(opened) }
      }),
      { title: 'a sealed private key', kind: 'sealed', secrets: signingKeys.map((key) => key.sealedPrivateKey) },
      { title: 'a sealed client secret', kind: 'sealed', secrets: [hmac.sealedSecret] },
      { title: 'the digest of a client secret', kind: 'sealed', secrets: [digest] },
    ],
  }
}

/** `d` of the JWK, and a line of the PEM that begins with what is private. */
const privateParts = (key: KeyObject): readonly (string | Buffer)[] => {
  const { d = '' } = key.export({ format: 'jwk' })
  const bytes = Buffer.from(d, 'base64url')
  assert.ok(bytes.length >= 32)
  const lines = key.export({ type: 'pkcs8', format: 'pem' }).toString().trim().split('\n').slice(1, -1)
  // of one line the beginning says only that it is a key
  return [bytes, lines.at(-2) ?? lines[0]?.slice(24) ?? assert.fail()]
}
