/** The verifiers of D13, each of which keeps the key set in its own way. */
import { createResourceServer } from '@credence/verifier'
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWTVerifyGetKey, jwtVerify } from 'jose'

export interface D13Verifier {
  readonly name: string
  /** @throws what is wrong with the token */
  readonly verify: (token: string) => Promise<void>
}

export interface D13VerifierOptions {
  readonly issuer: string
  readonly audience: string
  readonly jwksUri: string
  /** Epoch seconds. */
  readonly now: () => number
}

/** How long the simplest of verifiers keeps a key set, whatever comes: the longest of what usual libraries do. */
const simpleCacheSeconds = 600

export const createVerifiers = (options: D13VerifierOptions): readonly D13Verifier[] => {
  const { issuer, audience, jwksUri, now } = options
  const ours = createResourceServer({
    resource: audience,
    issuers: [{ issuer, jwksUri, allowPrivateAddresses: true }],
    clock: { epochSeconds: now, monotonicMs: () => now() * 1000 },
    cache: false,
  })
  const withJose = (name: string, keys: JWTVerifyGetKey): D13Verifier => ({
    name,
    async verify(token) {
      await jwtVerify(token, keys, { issuer, audience, currentDate: new Date(now() * 1000) })
    },
  })
  return [
    {
      name: 'ours',
      async verify(token) {
        const result = await ours.verify({ headers: { authorization: `Bearer ${token}` } })
        if (!result.ok) throw new Error(result.toResponse().headers.get('www-authenticate') ?? 'refused')
      },
    },
    withJose('jose', createRemoteJWKSet(new URL(jwksUri))),
    withJose(`one that reads the key set every ${simpleCacheSeconds} s and never else`, createSimpleKeySet(options)),
  ]
}

const createSimpleKeySet = ({ jwksUri, now }: D13VerifierOptions): JWTVerifyGetKey => {
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<JWTVerifyGetKey> | undefined
  const read = async () => createLocalJWKSet((await (await fetch(jwksUri)).json()) as JSONWebKeySet)
  return async (...header) => {
    if (reading === undefined || now() >= readAt + simpleCacheSeconds) {
      readAt = now()
      reading = read()
    }
    return (await reading)(...header)
  }
}
