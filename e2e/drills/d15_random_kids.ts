/** D15: a flood of tokens with made-up kids at a verifier. The issuer is asked for its keys once in 30 s at most, and honest callers go on being served. */
import { createSigner, encodeHeader, generateSigningKeyPair, publicJwk, signCompact } from '@credence/jwt'
import { createResourceServer } from '@credence/verifier'
import { createMovedClock } from './moved_clock.ts'

export interface D15 {
  readonly floodTokens: number
  /** Refused as they must be: 401 `unknown_key`. */
  readonly floodRefused: number
  readonly honestCalls: number
  readonly honestAccepted: number
  /** How often the key set was fetched, the first time included, and how often it might have been. */
  readonly keySetFetches: number
  readonly mostKeySetFetches: number
}

export interface D15Setting {
  /** How long the flood lasts, in seconds of the verifier's clock. */
  readonly seconds: number
  readonly tokensPerSecond: number
}

const issuer = 'https://auth.example.com'
const resource = 'https://orders.example.com'

export const runD15 = async ({ seconds, tokensPerSecond }: D15Setting): Promise<D15> => {
  const { clock, advance } = createMovedClock()
  const { privateKey, publicKey } = await generateSigningKeyPair('ES256')
  const signer = createSigner({ privateKey, algorithm: 'ES256', kid: 'key-1' })
  let keySetFetches = 0
  const { verify } = createResourceServer({
    resource,
    issuers: [{ issuer, jwksUri: `${issuer}/keys` }],
    clock,
    // every honest call is verified anew, and needs its key
    cache: false,
    fetchDocument: async () => {
      keySetFetches++
      return { document: { keys: [publicJwk(publicKey, { algorithm: 'ES256', kid: 'key-1' })] }, maxAgeSeconds: 300 }
    },
  })
  let made = 0
  const call = async (kid: string) => {
    const now = clock.epochSeconds()
    const claims = {
      iss: issuer,
      sub: 'job',
      client_id: 'job',
      aud: resource,
      iat: now,
      exp: now + 600,
      jti: `${made++}`,
    }
    const token = await signCompact(signer, encodeHeader({ alg: 'ES256', typ: 'at+jwt', kid }), claims)
    return verify({ method: 'GET', url: '/', headers: { authorization: `Bearer ${token}` } })
  }

  let floodRefused = 0
  let honestAccepted = 0
  for (let second = 0; second < seconds; second++) {
    const flood = await Promise.all(Array.from({ length: tokensPerSecond }, (_, n) => call(`made-up-${second}-${n}`)))
    floodRefused += flood.filter((result) => !result.ok && result.code === 'unknown_key').length
    if ((await call('key-1')).ok) honestAccepted++
    advance(1)
  }
  return {
    floodTokens: seconds * tokensPerSecond,
    floodRefused,
    honestCalls: seconds,
    honestAccepted,
    keySetFetches,
    mostKeySetFetches: Math.ceil(seconds / 30),
  }
}

if (import.meta.main) {
  const found = await runD15({ seconds: 900, tokensPerSecond: 20 })
  console.log('D15', found)
  if (found.keySetFetches > found.mostKeySetFetches || found.honestAccepted < found.honestCalls) process.exitCode = 1
  if (found.floodRefused < found.floodTokens) process.exitCode = 1
}
