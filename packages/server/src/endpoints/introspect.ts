/** Token introspection: whether a token is active and what it says, for whoever it concerns. RFC 7662, RFC 9701. */
import { JwtError, type VerifiedClaims } from '@credence/jwt'
import { OAuthError } from '@credence/protocol'
import type { AuthenticateReader, TokenReader } from '../client_auth/authenticate_reader.ts'
import { accepts } from '../http/accepts.ts'
import type { HttpRequest, HttpResponse } from '../http/http_request.ts'
import { readForm } from '../http/read_form.ts'
import { privateResponse } from '../http/respond.ts'
import type { ReadIssuedToken } from '../minting/read_issued_token.ts'
import { introspectionJwtType, type SignIntrospection } from '../minting/sign_introspection.ts'

export interface IntrospectionEndpointDeps {
  readonly authenticateReader: AuthenticateReader
  readonly readIssuedToken: ReadIssuedToken
  readonly isDenied: (claims: VerifiedClaims) => boolean
  readonly signIntrospection: SignIntrospection
}

/** RFC 7662 §2.2. Wire names. */
export interface Introspection {
  readonly active: boolean
  readonly [claim: string]: unknown
}

/** §2.2: "the authorization server SHOULD NOT include any additional information about an inactive token, including why". */
const inactive: Introspection = { active: false }

export const createIntrospectionEndpoint = (deps: IntrospectionEndpointDeps) => {
  const introspect = async (token: string, reader: TokenReader): Promise<Introspection> => {
    const claims = await readIfActive(token, deps)
    return claims !== undefined && concerns(claims, reader) ? toIntrospection(claims) : inactive
  }

  return async (request: HttpRequest): Promise<HttpResponse> => {
    const form = readForm(request) // §2.1: POST, form-encoded
    const reader = await deps.authenticateReader(request, form) // §2.1: "MUST also require some form of authorization"
    const token = form.get('token') // §2.1: REQUIRED; token_type_hint is a hint, and here there is one type
    if (token === undefined) throw new OAuthError('invalid_request', 'token is missing')
    const introspection = await introspect(token, reader)
    if (!accepts(request.headers.accept, introspectionJwtType)) return privateResponse(JSON.stringify(introspection))
    const signed = await deps.signIntrospection(introspection, reader.clientId) // RFC 9701 §4, §5
    return privateResponse(signed, introspectionJwtType)
  }
}

const readIfActive = async (
  token: string,
  { readIssuedToken, isDenied }: IntrospectionEndpointDeps,
): Promise<VerifiedClaims | undefined> => {
  try {
    const claims = await readIssuedToken(token)
    return isDenied(claims) ? undefined : claims
  } catch (error) {
    if (error instanceof JwtError) return undefined
    throw error
  }
}

/** §4: a caller learns of tokens meant for it or issued to it, and of no others. */
const concerns = ({ client_id: clientId, aud }: VerifiedClaims, reader: TokenReader): boolean => {
  const audiences = typeof aud === 'string' ? [aud] : aud
  return (
    reader.serves === undefined ||
    reader.clientId === clientId ||
    audiences.some((audience) => reader.serves?.includes(audience))
  )
}

const toIntrospection = (claims: VerifiedClaims): Introspection => {
  const { cnf } = claims
  const isDpop = typeof cnf === 'object' && cnf !== null && 'jkt' in cnf
  return { active: true, token_type: isDpop ? 'DPoP' : 'Bearer', ...claims }
}
