/** client_credentials: a confidential client asks for a token of its own. No refresh token, no id_token. RFC 6749 §4.4. */
import { OAuthError } from '@credence/protocol'
import type { Api } from '@credence/storage'
import type { Directory } from '../directory/directory.ts'
import { resolveTokenTtl } from '../policy/lifetime.ts'
import { resolveScope } from '../policy/scope.ts'
import { resolveTarget } from '../policy/target.ts'
import type { Authorization } from './authorization.ts'
import type { GrantType } from './grant_type.ts'

export const createClientCredentials = (directory: Directory): GrantType => ({
  name: 'client_credentials',
  authorize(asked, { record, credential }) {
    const { client, grants } = record
    const { audience, scopes } = resolveTarget(
      { targets: asked.targets, scope: asked.scope ?? client.defaultScope },
      grants,
    )
    const authorizeAt = (api: Api | undefined): Authorization => {
      if (api === undefined) throw new OAuthError('invalid_target', `not granted to this client: ${audience}`)
      return {
        clientId: client.clientId,
        credentialId: credential.credentialId,
        api,
        scope: resolveScope(asked.scope, { granted: scopes, known: api.scopes, defaults: client.defaultScope }),
        ttlSeconds: resolveTokenTtl(api, client),
      }
    }
    const known = directory.api(audience)
    return known instanceof Promise ? known.then(authorizeAt) : authorizeAt(known)
  },
})
