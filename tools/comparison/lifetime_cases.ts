/** What a verifier remembers must not outlive what it rests on: cases V13 and V14. */
import { bearerRequest, type Case, type Given } from './cases.ts'
import type { Verifier } from './contender.ts'
import { answerUnavailable, answerWith } from './key_server.ts'
import { createIssuer } from './token_cases.ts'

const halfAnHour = 1800
const coolDown = 40

export const createLifetimeCases = async (): Promise<readonly Case[]> => {
  const issuer = await createIssuer()
  const other = await createIssuer('RS256')
  const long = issuer.sign({ exp: issuer.claims.iat + 7200 })
  const token = issuer.sign()
  const revokedJtis = new Set([issuer.claims.jti])
  const keys = [issuer.jwk]

  /** The token passes at first; the case is about what happens after something has changed. */
  const afterwards =
    (first: string, change: (given: Given) => void, again = first) =>
    async (verifier: Verifier, given: Given): Promise<void> => {
      await verifier.verify(bearerRequest(first))
      change(given)
      await verifier.verify(bearerRequest(again))
    }

  return [
    {
      name: 'V13: the same token again, after its exp',
      must: 'refuse',
      why: 'What is remembered must not outlive the token',
      keys,
      ask: afterwards(token, ({ advance }) => advance(660)),
    },
    {
      name: 'V13: the same token again, half an hour after its key was withdrawn',
      must: 'refuse',
      why: 'An issuer withdraws a key because somebody else has it',
      keys,
      ask: afterwards(long, ({ served, advance }) => {
        served.answer = answerWith([other.jwk])
        advance(halfAnHour)
      }),
    },
    {
      name: 'V13: the same claims again, under another signature',
      must: 'refuse',
      why: 'What is remembered goes by the whole token, never by its claims',
      keys,
      ask: afterwards(token, () => undefined, `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`),
    },
    {
      name: 'good: a token that failed while the issuer was away, forty seconds later',
      must: 'accept',
      why: 'V13: an error that passes must not be remembered',
      keys,
      ask: async (verifier, { served, advance }) => {
        served.answer = answerUnavailable
        await verifier.verify(bearerRequest(token)).catch(() => undefined)
        served.answer = answerWith(keys)
        advance(coolDown)
        await verifier.verify(bearerRequest(token))
      },
    },
    {
      name: 'V14: a revoked token',
      must: 'refuse',
      why: 'RFC 7009: the issuer took it back before its time',
      needs: 'revocation',
      keys,
      revokedJtis,
      ask: (verifier) => verifier.verify(bearerRequest(token)),
    },
    {
      name: 'V14: a revoked token, under the second form of its signature',
      must: 'refuse',
      why: 'Of an ECDSA signature (r, s) anybody can make (r, n − s); a deny-list of texts misses it',
      needs: 'revocation',
      keys,
      revokedJtis,
      ask: (verifier) => verifier.verify(bearerRequest(withSecondSignature(token))),
    },
  ]
}

// the order of P-256 (SEC 2 §2.4.2)
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

const withSecondSignature = (token: string): string => {
  const start = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(start), 'base64url')
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
  signature.write((order - s).toString(16).padStart(64, '0'), 32, 'hex')
  return token.slice(0, start) + signature.toString('base64url')
}
