/** DPoP-bound tokens, a new proof with each request: the limit, Credence with and without a cached token, and oauth4webapi. */
import { createHash, randomUUID } from 'node:crypto'
import { compactSigningInput, createLocalKeySet, createSigner, generateSigningKeyPair } from '@credence/jwt'
import { createResourceServer, type ResourceServer } from '@credence/verifier'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { type AuthorizationServer, type JWKSCacheInput, jwksCache, validateJwtAccessToken } from 'oauth4webapi'
import type { Call, Contender } from './measuring.ts'
import { audience, createLimit, createSigned, issuer, textsOf } from './signed.ts'

export const names = {
  limit: 'node:crypto alone, two signatures',
  ours: 'Credence, uncached',
  cached: 'Credence, token cached',
  peer: 'oauth4webapi',
} as const

const url = 'https://orders.example.com/orders'
const method = 'GET'
const algorithm = 'ES256'
const readOrders = { all: ['orders:read'] }
const batch = 100
/** More than any contender uses in a round. One that runs out starts over, and is refused, which ends the benchmark. */
const proofsPerRound = 12_000

export const createBoundContenders = async (): Promise<readonly Contender[]> => {
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const jwk = publicKey.export({ format: 'jwk' })
  const prover = createSigner({ privateKey, algorithm, kid: 'proof' })
  const signed = await createSigned(algorithm, { cnf: { jkt: await calculateJwkThumbprint(jwk as JWK) } })
  const { tokens } = signed
  const authorizationOf = textsOf(tokens.map((token) => `DPoP ${token}`))
  const hashes = tokens.map((token) => createHash('sha256').update(token).digest('base64url'))

  /** New proofs, the n-th for the n-th token. */
  const makeProofs = (): ((n: number) => string) => {
    const header = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: algorithm, jwk })).toString('base64url')
    const iat = Math.floor(Date.now() / 1000)
    const proofs = Array.from({ length: proofsPerRound }, (_, n) => {
      const claims = { jti: randomUUID(), htm: method, htu: url, iat, ath: hashes[n % hashes.length] }
      const input = compactSigningInput(header, claims)
      return `${input}.${prover.sign(input).toString('base64url')}`
    })
    return textsOf(proofs)
  }

  const issuers = [{ issuer, keys: createLocalKeySet({ keys: [signed.jwk] }) }]
  // a server for each round: what is measured is the check, with a replay store that fills up as in operation
  const request = (createServer: () => ResourceServer) => async (): Promise<Call> => {
    const proofOf = makeProofs()
    const orders = createServer()
    return async (n) => {
      const headers = { authorization: authorizationOf(n), dpop: proofOf(n) }
      const result = await orders.verify({ method, url, headers }, readOrders)
      if (!result.ok) throw new Error(`refused: ${result.code}`)
    }
  }
  const dpop = {}
  const limit = createLimit(signed)
  return [
    {
      name: names.limit,
      batch,
      prepare: async () => (n) => {
        limit(n)
        limit(n)
      },
    },
    {
      name: names.ours,
      batch,
      prepare: request(() => createResourceServer({ resource: audience, issuers, dpop, cache: false })),
    },
    { name: names.cached, batch, prepare: request(() => createResourceServer({ resource: audience, issuers, dpop })) },
    {
      name: names.peer,
      batch,
      prepare: async () => createPeer({ jwk: signed.jwk, authorizationOf, proofOf: makeProofs() }),
    },
  ]
}

interface PeerInput {
  readonly jwk: object
  authorizationOf(n: number): string
  proofOf(n: number): string
}

/** Its keys are at hand, so that it fetches nothing; the Request that it must be given is made as its user has to. */
const createPeer = ({ jwk, authorizationOf, proofOf }: PeerInput): Call => {
  const server: AuthorizationServer = { issuer, jwks_uri: `${issuer}/keys` }
  const cache: JWKSCacheInput = { jwks: { keys: [jwk] }, uat: Math.floor(Date.now() / 1000) } as JWKSCacheInput
  const options = { signingAlgorithms: [algorithm], [jwksCache]: cache }
  return (n) => {
    const headers = { authorization: authorizationOf(n), dpop: proofOf(n) }
    return validateJwtAccessToken(server, new Request(url, { method, headers }), audience, options)
  }
}
