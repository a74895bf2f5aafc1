/** What sets one platform's tokens apart from another's: a row of the table in platforms.ts. */
import type { JsonObject } from '@credence/jwt'
import { jwtBearerAssertionType, type jwtSpiffeAssertionType } from '@credence/protocol'
import type { Federation } from '@credence/storage'

export type PlatformName = Federation['platform']

export interface Platform {
  readonly title: string
  /** Which assertions its tokens are sent as. */
  readonly assertionType: typeof jwtBearerAssertionType | typeof jwtSpiffeAssertionType
  /** Which `typ` its tokens have, lower case; undefined: none. */
  readonly types: readonly (string | undefined)[]
  /** The longest that one of its tokens may live. */
  readonly maxLifetimeSeconds: number
  /** Whether its tokens always say when they were issued. */
  readonly issuedAtRequired: boolean
  /** Whether each token is accepted once. Only where the platform mints one whenever it is asked. */
  readonly singleUse: boolean
  /** What `Federation.issuer` is to be compared with. `iss`, but for SPIFFE. */
  readonly issuerOf: (claims: JsonObject) => unknown
  /** What a prefix must end with, so that it ends where a part of the value does. Empty: no prefixes. */
  readonly prefixEnds: readonly string[]
  /** Used where an operator gives none. */
  readonly issuer: string | undefined
  /** What is wrong with an issuer, and what to do; undefined when nothing is. */
  readonly checkIssuer: (issuer: string) => string | undefined
  /** The same of one value of the subject; of a prefix, without its asterisk. */
  readonly checkSubject: (value: string, federation: Pick<Federation, 'issuer' | 'subject'>) => string | undefined
  /** What else is wrong with a federation that is otherwise complete. */
  readonly check?: (federation: Federation) => string | undefined
  /** Why the audience has to be given, where the server's own issuer URL cannot be had from the platform. */
  readonly audienceAdvice?: string
  /** Conditions that go with what an operator has asked for. */
  readonly implied?: (federation: Federation) => Federation['claims']
  /** Who has such a subject. */
  readonly whose: (value: string, match: Federation['subject']['match']) => string
  /** What an operator should think about again, though it works. */
  readonly warn: (federation: Federation) => readonly string[]
}

/** What the tokens of most platforms are like. */
export const ordinary = {
  assertionType: jwtBearerAssertionType,
  types: ['jwt', undefined],
  issuedAtRequired: true,
  singleUse: false,
  issuerOf: ({ iss }: JsonObject) => iss,
  issuer: undefined,
  checkIssuer: () => undefined,
  warn: () => [],
} as const satisfies Partial<Platform>

export const hour = 3600
export const day = 86_400

/** Whether there is a condition on a claim. */
export const hasClaim = ({ claims }: Federation, ...names: readonly string[]): boolean =>
  claims.some(({ claim }) => names.includes(claim))
