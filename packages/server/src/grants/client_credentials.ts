/** client_credentials: a confidential client asks for a token of its own. No refresh token, no id_token. RFC 6749 §4.4. */
import { OAuthError } from '@credence/protocol'
import type { Directory } from '../directory/directory.ts'
import { resolveTokenTtl } from '../policy/lifetime.ts'
import { resolveScope } from '../policy/scope.ts'
import { resolveTarget } from '../policy/target.ts'
import type { GrantType } from './grant_type.ts'

export const createClientCredentials = (directory: Directory): GrantType => ({
  name: 'client_credentials',
  async authorize(asked, { record, credential }) {
    const { client, grants } = record
    const grant = resolveTarget({ targets: asked.targets, scope: asked.scope ?? client.defaultScope }, grants)
    const known = directory.api(grant.audience)
    const api = known instanceof Promise ? await known : known
    if (api === undefined) throw new OAuthError('invalid_target', `not granted to this client: ${grant.audience}`)
    return {
      clientId: client.clientId,
      credentialId: credential.credentialId,
      api,
      scope: resolveScope(asked.scope, { granted: grant.scopes, known: api.scopes, defaults: client.defaultScope }),
      ttlSeconds: resolveTokenTtl(api, client),
    }
  },
})
