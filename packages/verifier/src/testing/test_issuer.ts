/** An issuer and a resource server for tests, over a clock and a network that the test moves. */
import {
  createSigner,
  encodeHeader,
  type FetchedDocument,
  generateSigningKeyPair,
  publicJwk,
  type SignatureAlgorithm,
  signCompact,
  type VerifiedClaims,
} from '@credence/jwt'
import type { Clock } from '@credence/protocol'
import { createResourceServer, type ResourceServerOptions } from '../resource_server.ts'

export const issuer = 'https://auth.example.com'
export const resource = 'https://orders.example.com'
export const now = 1_790_000_000

export const createTestClock = () => {
  let seconds = now
  const clock: Clock = { epochSeconds: () => seconds, monotonicMs: () => seconds * 1000 }
  return Object.assign(clock, {
    advance: (by: number) => {
      seconds += by
    },
  })
}

export interface TestIssuerOptions {
  readonly algorithm?: SignatureAlgorithm
  readonly kid?: string
  /** Of its tokens. */
  readonly iss?: string
}

export const createTestIssuer = async (options: TestIssuerOptions = {}) => {
  const { algorithm = 'ES256', kid = 'key-1', iss = issuer } = options
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const signer = createSigner({ privateKey, algorithm, kid })
  const claims = {
    iss,
    sub: 'reporter',
    client_id: 'reporter',
    aud: resource,
    scope: 'orders:read orders:list',
    iat: now,
    exp: now + 600,
    jti: 'token-1',
  }
  return {
    claims,
    jwk: publicJwk(publicKey, { algorithm, kid }),
    /** A token that is right but for the members given. */
    sign: (wrongClaims: object = {}, wrongHeader: object = {}): Promise<string> =>
      signCompact(signer, encodeHeader({ alg: algorithm, typ: 'at+jwt', kid, ...wrongHeader }), {
        ...claims,
        ...wrongClaims,
      }),
  }
}

/** A resource server that trusts one issuer, whose documents are in `network` by URL. */
export const createTestServer = async <Output extends object = VerifiedClaims>(
  options: Partial<ResourceServerOptions<Output>> = {},
) => {
  const clock = createTestClock()
  const from = await createTestIssuer()
  const network = new Map<string, object>([
    [`${issuer}/.well-known/oauth-authorization-server`, { issuer, jwks_uri: `${issuer}/keys` }],
    [`${issuer}/keys`, { keys: [from.jwk] }],
  ])
  const fetches: string[] = []
  const fetchDocument = async (url: string): Promise<FetchedDocument> => {
    fetches.push(url)
    const document = network.get(url)
    if (document === undefined) throw new Error('connect ECONNREFUSED')
    return { document: { ...document }, maxAgeSeconds: undefined }
  }
  const server = createResourceServer({ resource, issuers: [{ issuer }], clock, fetchDocument, ...options })
  const verify = (token: string, requirement = {}) =>
    server.verify({ method: 'GET', url: '/orders', headers: { authorization: `Bearer ${token}` } }, requirement)
  return { clock, from, network, fetches, server, verify }
}
