/** An API in this process that follows the revocations of a server, and what it makes of a token. */
import { createResourceServer, type RevocationFeedOptions, revocationFeed } from '@credence/verifier'
import type { TestClient } from '../support/credence.ts'

export const audience = 'https://orders.example.com'

export interface OrdersOptions {
  /** Where the server, or what stands before it, is reached. */
  readonly url: string
  readonly issuer: string
  readonly reader: TestClient
  readonly feed?: Partial<RevocationFeedOptions>
}

export const createOrders = ({ url, issuer, reader, feed: options }: OrdersOptions) => {
  const feed = revocationFeed({
    issuer,
    url: `${url}/oauth/revocations`,
    clientId: reader.client_id,
    clientSecret: reader.client_secret,
    ...options,
  })
  const orders = createResourceServer({
    resource: audience,
    issuers: [{ issuer, jwksUri: `${url}/.well-known/jwks.json`, allowPrivateAddresses: true }],
    revocation: feed,
  })
  /** `accepted`, or the code of the refusal. */
  const verify = async (token: string): Promise<string> => {
    const result = await orders.verify({ method: 'GET', url: '/', headers: { authorization: `Bearer ${token}` } })
    return result.ok ? 'accepted' : result.code
  }
  return { feed, verify, close: orders.close }
}

export const decode = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    readonly jti: string
    readonly iat: number
    readonly exp: number
  }
