/** How many access tokens a second one core verifies: node:crypto alone (the limit), Credence, jose and fast-jwt, in turn. */
import { createVerify, type KeyObject, sign, verify } from 'node:crypto'
import {
  algorithms,
  compactSigningInput,
  createLocalKeySet,
  createSigner,
  encodeHeader,
  generateSigningKeyPair,
  publicJwk,
  type SignatureAlgorithm,
  verifyAccessToken,
} from '@credence/jwt'
import { createResourceServer } from '@credence/verifier'
import { createVerifier } from 'fast-jwt'
import { importJWK, jwtVerify } from 'jose'

export interface Row {
  readonly name: string
  readonly algorithm: SignatureAlgorithm
  /** Verifications per second of CPU. */
  readonly perSecond: number
  /** 1 is node:crypto alone. */
  readonly ratioToLimit: number
}

/** Verifies the token in an Authorization header. The n-th call is given the n-th token of the subject, over and over. */
type Verify = (authorization: string, n: number) => unknown

interface Subject {
  readonly algorithm: SignatureAlgorithm
  /** Authorization headers as bytes, so that each call gets a string of its own, as from a socket. */
  readonly headers: readonly Buffer[]
  readonly contenders: Readonly<Record<string, Verify>>
}

const issuer = 'https://auth.example.com'
const audience = 'https://orders.example.com'
const measured: readonly SignatureAlgorithm[] = ['ES256', 'RS256', 'EdDSA']
const tokensPerSubject = 64
const rounds = 5
const roundMs = 400
const readOrders = { all: ['orders:read'] }
const limitName = 'node:crypto alone'

const createSubject = async (algorithm: SignatureAlgorithm): Promise<Subject> => {
  const { privateKey, publicKey } = await generateSigningKeyPair(algorithm)
  const kid = 'benchmark-key-2026'
  const jwk = publicJwk(publicKey, { algorithm, kid })
  const signer = createSigner({ privateKey, algorithm, kid })
  const header = encodeHeader({ alg: algorithm, typ: 'at+jwt', kid })
  const inputs = Array.from({ length: tokensPerSubject }, (_, n) => compactSigningInput(header, claims(n)))
  const tokens = inputs.map((input) => `${input}.${signer.sign(input).toString('base64url')}`)

  const keys = createLocalKeySet({ keys: [jwk] })
  const orders = createResourceServer({ resource: audience, issuers: [{ issuer, keys }] })
  const joseKey = await importJWK(jwk, algorithm)
  const joseOptions = { issuer, audience, typ: 'at+jwt', algorithms: [algorithm] }
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const fastOptions = { key: pem, algorithms: [algorithm], allowedIss: issuer, allowedAud: audience }
  const fast = createVerifier({ ...fastOptions, cache: false })
  const fastCached = createVerifier({ ...fastOptions, cache: 10_000 })

  return {
    algorithm,
    headers: tokens.map((token) => Buffer.from(`Bearer ${token}`)),
    contenders: {
      [limitName]: createLimit(inputs, { privateKey, publicKey, algorithm }),
      'Credence, uncached': (authorization) => verifyAccessToken(tokenOf(authorization), { issuer, audience, keys }),
      jose: (authorization) => jwtVerify(tokenOf(authorization), joseKey, joseOptions),
      'fast-jwt, uncached': (authorization) => fast(tokenOf(authorization)),
      'Credence, cached': async (authorization) => {
        if (!(await orders.verify({ headers: { authorization } }, readOrders)).ok) throw new Error('refused')
      },
      'fast-jwt, cached': (authorization) => fastCached(tokenOf(authorization)),
    },
  }
}

const claims = (n: number) => {
  const iat = Math.floor(Date.now() / 1000)
  return {
    iss: issuer,
    sub: 'report-generator',
    client_id: 'report-generator',
    aud: audience,
    scope: 'orders:read orders:write',
    iat,
    exp: iat + 3600,
    jti: `f1d2b7c0a94e4d8b9c31${n}`,
    credential_id: 'cred_0r8s1k2m3n4p5q6r7s8t9v0w1x',
  }
}

const tokenOf = (authorization: string): string => authorization.slice('Bearer '.length)

interface LimitKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly algorithm: SignatureAlgorithm
}

/** Nothing but the signature: bytes, DER signature and KeyObject all made beforehand, in the fastest way there is. */
const createLimit = (inputs: readonly string[], { privateKey, publicKey, algorithm }: LimitKey): Verify => {
  const { digest } = algorithms[algorithm]
  const prepared = inputs.map((input) => {
    const bytes = Buffer.from(input)
    return { bytes, signature: sign(digest, bytes, privateKey) }
  })
  const at = (n: number) => prepared[n % prepared.length] ?? { bytes: Buffer.alloc(0), signature: Buffer.alloc(0) }
  const check = (verified: boolean) => {
    if (!verified) throw new Error('refused')
  }
  return digest === null
    ? (_, n) => check(verify(null, at(n).bytes, publicKey, at(n).signature))
    : (_, n) => check(createVerify(digest).update(at(n).bytes).verify(publicKey, at(n).signature))
}

const batch = 200

/** Calls a contender for one round; returns calls per second of CPU, so that a neighbour on the machine takes nothing away. */
const measure = async (subject: Subject, contender: Verify): Promise<number> => {
  const start = process.cpuUsage()
  let calls = 0
  let cpuMs = 0
  while (cpuMs < roundMs) {
    for (let i = 0; i < batch; i++, calls++) {
      const header = subject.headers[calls % subject.headers.length] ?? Buffer.alloc(0)
      const outcome = contender(header.toString('latin1'), calls)
      if (outcome instanceof Promise) await outcome
    }
    const { user, system } = process.cpuUsage(start)
    cpuMs = (user + system) / 1000
  }
  return (calls / cpuMs) * 1000
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const runSubject = async (subject: Subject): Promise<readonly Row[]> => {
  const results = new Map(Object.keys(subject.contenders).map((name) => [name, [] as number[]]))
  // one more round than is counted: the first warms up
  for (let round = 0; round <= rounds; round++) {
    for (const [name, contender] of Object.entries(subject.contenders)) {
      const perSecond = await measure(subject, contender)
      if (round > 0) results.get(name)?.push(perSecond)
    }
  }
  const limit = median(results.get(limitName) ?? [])
  return [...results].map(([name, values]) => {
    const perSecond = Math.round(median(values))
    return { name, algorithm: subject.algorithm, perSecond, ratioToLimit: perSecond / limit }
  })
}

/** Runs every contender for every algorithm, about 45 seconds. The figure of each is the median of five rounds in turn. */
export const runVerify = async (): Promise<readonly Row[]> => {
  const rows: Row[] = []
  for (const algorithm of measured) rows.push(...(await runSubject(await createSubject(algorithm))))
  return rows
}

if (import.meta.main) {
  for (const { algorithm, name, perSecond, ratioToLimit } of await runVerify()) {
    console.log(
      `${algorithm.padEnd(6)} ${name.padEnd(20)} ${String(perSecond).padStart(9)}/s ${ratioToLimit.toFixed(2).padStart(6)}`,
    )
  }
}
