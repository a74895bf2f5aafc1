/** What an API that uses @credence/verifier would say to a token of this provider. RFC 9068. */
import { type KeySet, maxTokenLength } from '@credence/jwt'
import {
  cognito,
  createResourceServer,
  google,
  type IssuerOptions,
  type RefusalCode,
  type VerifiedClaims,
} from '@credence/verifier'
import { parseObject } from './bounded_http.ts'
import type { ProviderName } from './provider_options.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface VerifyTokenOptions {
  /** Who must have issued it. */
  readonly issuer: string
  readonly provider: ProviderName | undefined
  /** The API that it must be for. Default: the first that the token names. */
  readonly audience?: string | undefined
  /** Keys that are at hand. Default: those of the issuer, which are asked for. */
  readonly keys?: KeySet | undefined
  /** The issuer was named by whoever asks, and not by the token alone. */
  readonly isTrusted?: boolean
}

export type Verdict =
  | {
      readonly ok: true
      readonly claims: VerifiedClaims | undefined
      /** The token is good, and whoever sends it has to prove that it is theirs. */
      readonly isBound: boolean
      /** It keeps to RFC 9068 in all but `typ`. */
      readonly isLegacy: boolean
    }
  | { readonly ok: false; readonly code: RefusalCode | 'profile_refused'; readonly message: string }

/** What is left when everything else is good: the last check before scopes. */
const boundCodes: ReadonlySet<RefusalCode> = new Set(['sender_constrained', 'certificate_required'])

export const verifyToken = async (token: string, options: VerifyTokenOptions): Promise<Verdict> => {
  const strict = await verifyAs(token, options, profileOf(options.provider, token))
  if (strict.ok || strict.code !== 'wrong_type' || !isAnybodys(options.provider)) return strict
  const legacy = await verifyAs(token, options, { typ: 'jwt-legacy' })
  return legacy.ok ? { ...legacy, isLegacy: true } : strict
}

const isAnybodys = (provider: ProviderName | undefined): boolean => provider === undefined || provider === 'generic'

const verifyAs = async (
  token: string,
  { issuer, audience, keys, isTrusted = false }: VerifyTokenOptions,
  profile: Pick<IssuerOptions, 'profile' | 'typ'>,
): Promise<Verdict> => {
  const server = createServer(audience ?? audienceOf(token), {
    issuer,
    ...profile,
    ...(keys !== undefined && { keys }),
    ...(isTrusted && { allowPrivateAddresses: true }),
  })
  if (server instanceof TypeError) return { ok: false, code: 'profile_refused', message: server.message }
  const result = await server.verify({ headers: { authorization: `Bearer ${token}` } })
  server.close()
  if (result.ok) return { ok: true, claims: result.token.claims, isBound: false, isLegacy: false }
  if (boundCodes.has(result.code)) return { ok: true, claims: undefined, isBound: true, isLegacy: false }
  const { code, description, detail } = result
  return { ok: false, code, message: detail === undefined ? description : `${description}: ${detail}` }
}

/** A profile says by a TypeError that the issuer is none of its provider's. */
const createServer = (resource: string, issuer: IssuerOptions) => {
  try {
    return createResourceServer({ resource, issuers: [issuer], cache: false })
  } catch (error) {
    if (error instanceof TypeError) return error
    throw error
  }
}

const profileOf = (provider: ProviderName | undefined, token: string): Pick<IssuerOptions, 'profile'> => {
  const { client_id: clientId, sub, email } = readClaims(token)
  switch (provider) {
    case undefined:
    case 'generic':
      return {}
    case 'cognito':
      return { profile: cognito({ clientIds: [typeof clientId === 'string' && clientId !== '' ? clientId : '-'] }) }
    case 'google': {
      // whoever it is: an API would name the accounts that it accepts
      const accounts = [sub, email].filter((name) => typeof name === 'string')
      return { profile: google({ serviceAccounts: Object.fromEntries(['-', ...accounts].map((name) => [name, []])) }) }
    }
    default:
      return { profile: provider }
  }
}

/** A token has one audience or several; it is the API's business to insist on its own. */
const audienceOf = (token: string): string => {
  const [audience] = [readClaims(token).aud].flat()
  return typeof audience === 'string' && audience !== '' ? audience : 'urn:credence:none'
}

/** Whatever can be read of a payload, to show it. Nothing in it is verified. */
export const readClaims = (token: string): Claims => readPart(token, 1)

/** The same of the header. */
export const readHeader = (token: string): Claims => readPart(token, 0)

const readPart = (token: string, index: 0 | 1): Claims => {
  if (token.length > maxTokenLength) return {}
  return parseObject(Buffer.from(token.split('.', 3)[index] ?? '', 'base64url').toString('utf8')) ?? {}
}
