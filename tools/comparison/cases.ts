/** The cases: a request each, on its own key set, that must be accepted or must be refused. */
import type { AskedRequest, Feature, Verifier } from './contender.ts'
import type { ServedKeys } from './key_server.ts'

export interface Case {
  /** The id of the security case, and what is asked; "good" for what must be accepted. */
  readonly name: string
  readonly must: 'accept' | 'refuse'
  readonly why: string
  /** Without it a library's answer is not counted. */
  readonly needs?: Feature
  /** The keys of the issuer at first. */
  readonly keys: readonly unknown[]
  /** Tokens with these ids are revoked. */
  readonly revokedJtis?: ReadonlySet<string>
  /** Resolves when the request that the case is about is accepted. */
  ask(verifier: Verifier, given: Given): Promise<void>
}

/** What a case may change while it asks. */
export interface Given {
  readonly served: ServedKeys
  advance(seconds: number): void
}

export type CreateCases = () => Promise<readonly Case[]>

const url = 'https://orders.example.com/orders'

/** A request that bears a token as RFC 6750 has it. */
export const bearerRequest = (token: string): AskedRequest => ({
  method: 'GET',
  url,
  headers: { authorization: `Bearer ${token}` },
  token,
})
