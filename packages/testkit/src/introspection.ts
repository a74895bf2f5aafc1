/** Token introspection: whether a token is this server's and alive, and what it says. RFC 7662. */
import { createLocalKeySet, decodeCompactJws, type JsonObject, JwtError } from '@credence/jwt'
import { type Clock, OAuthError } from '@credence/protocol'
import type { ClientAuthentication } from './client_auth.ts'
import type { SigningKeys } from './signing_keys.ts'
import type { SkinAnswer } from './skins/skin.ts'
import { type FormRequest, readForm } from './token_endpoint.ts'

export interface IntrospectionDeps extends ClientAuthentication {
  readonly keys: SigningKeys
  readonly clock: Clock
}

/** Any registered client may ask about any token. */
export const createIntrospection =
  ({ authenticateClient, keys, clock }: IntrospectionDeps) =>
  async (request: FormRequest): Promise<SkinAnswer> => {
    const form = readForm(request)
    authenticateClient(form, request.authorization)
    const token = form.get('token')
    if (token === undefined) throw new OAuthError('invalid_request', 'token is missing')
    const claims = await readAlive(token, keys, clock)
    return { status: 200, body: claims === undefined ? { active: false } : describe(claims) }
  }

const readAlive = async (token: string, keys: SigningKeys, clock: Clock): Promise<JsonObject | undefined> => {
  const document = await keys.document()
  try {
    const { header, claims, signingInput, signature } = decodeCompactJws(token)
    const key = await createLocalKeySet(document).find(header.kid, header.algorithm)
    const isAlive = typeof claims.exp === 'number' && claims.exp > clock.epochSeconds()
    return isAlive && key.verify(signingInput, signature) ? claims : undefined
  } catch (error) {
    if (error instanceof JwtError) return undefined
    throw error
  }
}

/** The claims, and those of RFC 7662 §2.2 that some providers have under another name. */
const describe = (claims: JsonObject): object => {
  const { scp, cid, azp } = claims
  return {
    active: true,
    token_type: 'Bearer',
    ...(Array.isArray(scp) && { scope: scp.join(' ') }),
    ...((cid ?? azp) !== undefined && { client_id: cid ?? azp }),
    ...claims,
  }
}
