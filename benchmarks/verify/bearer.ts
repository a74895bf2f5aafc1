/** Bearer tokens: the limit, Credence, jose and fast-jwt, without a cache and with one. */
import { createLocalKeySet, type SignatureAlgorithm, verifyAccessToken } from '@credence/jwt'
import { createResourceServer } from '@credence/verifier'
import { createVerifier } from 'fast-jwt'
import { importJWK, jwtVerify } from 'jose'
import type { Call, Contender } from './measuring.ts'
import { audience, createDocumentedCall, createLimit, createSigned, issuer, textsOf } from './signed.ts'

export const names = {
  limit: 'node:crypto alone',
  documented: 'node:crypto alone, verify() as documented',
  read: 'node:crypto, base64 and JSON.parse, nothing checked',
  ours: 'Credence, uncached',
  whole: 'Credence, whole request, uncached',
  cached: 'Credence, cached',
  peerCached: 'fast-jwt, cached',
} as const

const readOrders = { all: ['orders:read'] }
const tokenOf = (authorization: string): string => authorization.slice('Bearer '.length)

export const createBearerContenders = async (algorithm: SignatureAlgorithm): Promise<readonly Contender[]> => {
  const signed = await createSigned(algorithm)
  const { jwk, publicKey, tokens } = signed
  const authorizationOf = textsOf(tokens.map((token) => `Bearer ${token}`))
  const keys = createLocalKeySet({ keys: [jwk] })
  const issuers = [{ issuer, keys }]
  const joseKey = await importJWK(jwk, algorithm)
  const joseOptions = { issuer, audience, typ: 'at+jwt', algorithms: [algorithm] }
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const fastOptions = { key: pem, algorithms: [algorithm], allowedIss: issuer, allowedAud: audience }
  const fast = createVerifier({ ...fastOptions, cache: false })
  const fastCached = createVerifier({ ...fastOptions, cache: 10_000 })

  const request = (cache: false | { readonly maxTokens: number }): Call => {
    const orders = createResourceServer({ resource: audience, issuers, cache })
    return async (n) => {
      const headers = { authorization: authorizationOf(n) }
      if (!(await orders.verify({ headers }, readOrders)).ok) throw new Error('refused')
    }
  }

  const limit = createLimit(signed)
  /** What no verifier can do without: every part decoded, the claims parsed, the signature verified. */
  const read: Call = (n) => {
    const [header = '', payload = '', signature = ''] = tokenOf(authorizationOf(n)).split('.')
    for (const part of [header, signature]) Buffer.from(part, 'base64url')
    JSON.parse(Buffer.from(payload, 'base64url').toString())
    return limit(n)
  }

  const calls: Readonly<Record<string, Call>> = {
    [names.limit]: limit,
    [names.documented]: createDocumentedCall(signed),
    [names.read]: read,
    [names.ours]: (n) => verifyAccessToken(tokenOf(authorizationOf(n)), { issuer, audience, keys }),
    [names.whole]: request(false),
    jose: (n) => jwtVerify(tokenOf(authorizationOf(n)), joseKey, joseOptions),
    'fast-jwt, uncached': (n) => fast(tokenOf(authorizationOf(n))),
    [names.cached]: request({ maxTokens: 10_000 }),
    [names.peerCached]: (n) => fastCached(tokenOf(authorizationOf(n))),
  }
  return Object.entries(calls).map(([name, call]) => ({ name, batch: 200, prepare: async () => call }))
}
