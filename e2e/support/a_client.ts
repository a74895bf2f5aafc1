/** The setting of the tests with other people's clients: an API, a client that may read it, and the look at its token. */
import assert from 'node:assert/strict'
import { type RunningCredence, startCredence, type TestClient } from './credence.ts'
import { verifyWithJose } from './token.ts'

export const audience = 'https://orders.example.com'

export interface ClientSetting {
  readonly credence: RunningCredence
  readonly client: TestClient
  readonly tokenEndpoint: string
  /** The setting as environment variables, for programs. */
  readonly environment: Readonly<Record<string, string>>
}

/** Starts it. The client id has characters that RFC 6749 §2.3.1 wants encoded. */
export const startClientSetting = async (): Promise<ClientSetting> => {
  const credence = await startCredence()
  await credence.createApi({ audience, scopes: ['orders:read', 'orders:write'] })
  const client = await credence.createClient({
    client_id: 'team/report@eu',
    grants: [{ audience, scopes: ['orders:read', 'orders:write'] }],
  })
  const tokenEndpoint = `${credence.issuer}/oauth/token`
  return {
    credence,
    client,
    tokenEndpoint,
    environment: {
      ISSUER: credence.issuer,
      TOKEN_ENDPOINT: tokenEndpoint,
      CLIENT_ID: client.client_id,
      CLIENT_SECRET: client.client_secret,
      SCOPE: 'orders:read',
      AUDIENCE: audience,
    },
  }
}

/** Asserts that jose takes a token, and that it is this client's for orders:read. */
export const assertGoodToken = async ({ credence, client }: ClientSetting, token: unknown): Promise<void> => {
  assert.equal(typeof token, 'string')
  const { payload } = await verifyWithJose(credence, String(token), { audience })
  assert.equal(payload.client_id, client.client_id)
  assert.equal(payload.scope, 'orders:read')
}
