/** The setting of the DPoP tests: an API, clients that may read it, and a hand that makes proofs right or wrong. RFC 9449. */
import { createDpopClient } from '../../packages/jwt/src/testing/dpop_client.ts'
import type { RunningCredence, TestClient } from '../support/credence.ts'
import type { HttpAnswer } from '../support/http.ts'
import { basic, callTokenEndpoint } from '../support/token.ts'

export const audience = 'https://orders.example.com'
const grants = [{ audience, scopes: ['orders:read'] }]

export type DpopKey = Awaited<ReturnType<typeof createDpopClient>>

export const now = (): number => Math.floor(Date.now() / 1000)

/** What a proof for the token endpoint has to say. */
export const rightClaims = ({ issuer }: Pick<RunningCredence, 'issuer'>) => ({
  htm: 'POST',
  htu: `${issuer}/oauth/token`,
  iat: now(),
})

/** A token request of a client with a secret, and with these DPoP headers. */
export const askWith = (
  credence: Pick<RunningCredence, 'public'>,
  client: TestClient,
  dpop: string | string[] | undefined,
  form: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> =>
  callTokenEndpoint(credence, {
    form,
    headers: { authorization: basic(client.client_id, client.client_secret), ...(dpop !== undefined && { dpop }) },
  })

export const createReader = (credence: RunningCredence, client_id = 'reader'): Promise<TestClient> =>
  credence.createClient({ client_id, grants })

export const createOrdersApi = (credence: RunningCredence): Promise<void> =>
  credence.createApi({ audience, scopes: ['orders:read'] })

export const createDpopKey = createDpopClient
