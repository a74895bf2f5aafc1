/** Keys of clients for tests, and the server that they are registered at. */
import { generateKeyPairSync } from 'node:crypto'

export const testContext = { issuer: 'https://auth.example.com', allowPrivateAddresses: false } as const

const publicJwk = (kid: string): Record<string, unknown> => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid,
})

export const testKeys: readonly Record<string, unknown>[] = ['2026-10', '2026-11', 'spare'].map(publicJwk)
