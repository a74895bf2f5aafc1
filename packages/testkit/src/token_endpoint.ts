/** The token endpoint, the same for every skin: read, authenticate, authorize, mint, answer. RFC 6749 §3.2. */
import { type Form, OAuthError, parseForm, parseScope } from '@credence/protocol'
import type { ClientAuthentication } from './client_auth.ts'
import type { MintToken } from './issue_token.ts'
import { Refusal } from './refusal.ts'
import type { AskedToken, Skin, SkinAnswer, SkinDefaults } from './skins/skin.ts'

/** A POST request as the listener read it. */
export interface FormRequest {
  readonly contentType: string | undefined
  readonly authorization: string | undefined
  readonly query: string
  readonly body: string
}

export interface TokenEndpointDeps extends ClientAuthentication {
  readonly skin: Skin
  readonly defaults: SkinDefaults
  readonly mint: MintToken
}

/** @throws {Refusal} or {OAuthError} from the function it returns */
export const createTokenEndpoint =
  ({ skin, defaults, mint, authenticateClient, readAssertion }: TokenEndpointDeps) =>
  async (request: FormRequest): Promise<SkinAnswer> => {
    const form = readForm(request)
    const grantType = form.get('grant_type')
    if (grantType === undefined) throw new Refusal('missing_grant_type', '')
    const isAssertionGrant = skin.grantType !== 'client_credentials'
    // who asks is looked at before what for, except where the grant itself says who
    const authenticated = isAssertionGrant ? undefined : authenticateClient(form, request.authorization)
    if (grantType !== skin.grantType) throw new Refusal('unsupported_grant_type', grantType)
    const asserted = isAssertionGrant ? readAssertion(form.get('assertion') ?? '') : undefined
    const client = authenticated ?? asserted?.client
    if (client === undefined) throw new Refusal('no_client_authentication', '')
    const asked = readAsked(form, asserted?.claims)
    const granted = skin.authorize(asked, client, defaults)
    const ttlSeconds = client.tokenTtlSeconds ?? skin.defaults.tokenTtlSeconds
    return { status: 200, body: await mint.answer({ ...granted, client, ttlSeconds }) }
  }

const formType = 'application/x-www-form-urlencoded'

/** @throws {OAuthError} `invalid_request` */
export const readForm = ({ contentType, query, body }: FormRequest): Form => {
  if (contentType?.split(';', 1)[0]?.trim().toLowerCase() !== formType) {
    throw new OAuthError('invalid_request', `the body must be ${formType}`, { status: 415 })
  }
  if (query !== '') throw new OAuthError('invalid_request', 'parameters belong in the body, not in the URI')
  return parseForm(body)
}

const readAsked = (form: Form, assertion: AskedToken['assertion']): AskedToken => {
  const scope = form.get('scope')
  const audience = form.get('audience')
  return {
    form,
    scope: scope === undefined ? undefined : parseScope(scope),
    targets: [...new Set([...form.getAll('resource'), ...(audience === undefined ? [] : [audience])])],
    assertion,
  }
}
