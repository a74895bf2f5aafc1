/** Says which credentials of a client could authenticate it now, and by which method. RFC 6749 §2.3. */

import { type Clock, OAuthError } from '@credence/protocol'
import type { Client, ClientRecord, Credential, TokenEndpointAuthMethod } from '@credence/storage'
import type { AuthenticatedClient } from '../client_auth/client_auth_method.ts'
import { nothingToClaim } from '../client_auth/client_auth_method.ts'
import { mayUseMethod } from '../client_auth/registered_method.ts'
import type { ProfileRules } from '../profiles/profile_rules.ts'
import type { Ruling } from './ruling.ts'

export interface CredentialsExplained {
  readonly ruling: Ruling
  /** The client as the first of them would prove it. */
  readonly usable: AuthenticatedClient | undefined
}

export interface ExplainCredentialsDeps {
  readonly rules: Pick<ProfileRules, 'checkCredentials'>
  readonly clock: Clock
}

/** Does not check: what a request would bring; only whether there is something that it could bring. */
export const explainCredentials = async (
  record: ClientRecord,
  { rules, clock }: ExplainCredentialsDeps,
): Promise<CredentialsExplained> => {
  const now = clock.epochSeconds()
  const said: string[] = []
  let usable: AuthenticatedClient | undefined
  for (const credential of record.credentials) {
    const { methods, because } = judge(credential, record.client, now)
    const allowed: TokenEndpointAuthMethod[] = []
    let refusal: string | undefined
    for (const method of methods) {
      const client: AuthenticatedClient = { record, credential, method, replayClaims: nothingToClaim }
      refusal = await refusalByProfile(client, rules)
      if (refusal !== undefined) continue
      allowed.push(method)
      usable ??= client
    }
    const name = `${credential.credentialId}${credential.label === undefined ? '' : ` (${credential.label})`}`
    said.push(
      allowed.length > 0
        ? `${name} by ${allowed.join(' or ')}${because === undefined ? '' : `, ${because}`}`
        : `not ${name}: ${refusal ?? because}`,
    )
  }
  if (usable !== undefined) {
    return { ruling: { rule: 'credentials', verdict: 'allows', because: said.join('; ') }, usable }
  }
  const because = said.length > 0 ? said.join('; ') : 'it has no credential that is not revoked'
  return { ruling: { rule: 'credentials', verdict: 'refuses', because, error: 'invalid_client' }, usable }
}

interface Judgement {
  readonly methods: readonly TokenEndpointAuthMethod[]
  /** Why there are none, or what goes with those that there are. */
  readonly because: string | undefined
}

const judge = (credential: Credential, { tokenEndpointAuthMethod: registered }: Client, now: number): Judgement => {
  if (credential.expiresAt !== undefined && credential.expiresAt <= now)
    return { methods: [], because: 'it has expired' }
  if (registered === 'client_secret_jwt' && credential.kind === 'secret' && credential.sealedSecret === undefined) {
    return { methods: [], because: 'it was made before the client was registered for client_secret_jwt: add another' }
  }
  const methods = methodsOf(credential).filter((method) => mayUseMethod(registered, method))
  return methods.length === 0
    ? { methods, because: `the client is registered for ${registered}` }
    : { methods, because: undefined }
}

const methodsOf = (credential: Credential): readonly TokenEndpointAuthMethod[] => {
  switch (credential.kind) {
    case 'secret':
      return ['client_secret_basic', 'client_secret_post', 'client_secret_jwt']
    case 'key':
      return ['private_key_jwt']
    case 'certificate':
      return [credential.certificate.by === 'public_key' ? 'self_signed_tls_client_auth' : 'tls_client_auth']
    case 'federated':
      return ['federated']
  }
}

/** The profile looks at the method alone here, since nothing was sent. */
const refusalByProfile = async (
  client: AuthenticatedClient,
  rules: Pick<ProfileRules, 'checkCredentials'>,
): Promise<string | undefined> => {
  try {
    const { clientId } = client.record.client
    await rules.checkCredentials(() => client)({ method: 'client_secret_basic', clientId, clientSecret: '' })
    return undefined
  } catch (error) {
    if (error instanceof OAuthError) return error.message
    throw error
  }
}
