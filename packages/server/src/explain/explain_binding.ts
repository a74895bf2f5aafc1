/** Says whether a token has to be bound to a key, by asking the same checks as the token endpoint what they would say. RFC 9449 §5.2, RFC 8705 §3.4. */
import { OAuthError } from '@credence/protocol'
import type { AuthenticatedClient } from '../client_auth/client_auth_method.ts'
import type { TokenRequest } from '../endpoints/token_request.ts'
import type { Authorization } from '../grants/authorization.ts'
import { type Confirmation, checkBinding, type SenderBinding } from '../policy/sender_binding.ts'
import type { ProfileRules } from '../profiles/profile_rules.ts'
import type { Ruling } from './ruling.ts'

export interface Asker {
  readonly asked: TokenRequest
  readonly client: AuthenticatedClient
}

/** How a request may prove a key, and what its token would then say. */
const proofs: readonly { readonly how: string; readonly confirmation: Confirmation | undefined }[] = [
  { how: 'as a bearer token', confirmation: undefined },
  { how: 'with a DPoP proof', confirmation: { jkt: 'explain' } },
  { how: 'over mutual TLS', confirmation: { 'x5t#S256': 'explain' } },
  { how: 'with a DPoP proof over mutual TLS', confirmation: { jkt: 'explain', 'x5t#S256': 'explain' } },
]

export const explainBinding = (
  authorization: Pick<Authorization, 'clientId' | 'api' | 'scope' | 'ttlSeconds'>,
  { asked, client }: Asker,
  rules: Pick<ProfileRules, 'readBinding'>,
): Ruling => {
  const refusals = proofs.map(({ confirmation }) => {
    const binding: SenderBinding = { confirmation, replayClaims: [] }
    return refusalOf(() => {
      const read = rules.readBinding(() => binding)(asked, client)
      checkBinding({ ...authorization, credentialId: client.credential.credentialId }, client, read)
    })
  })
  const [bearer] = refusals
  if (bearer === undefined) {
    return {
      rule: 'sender_constraint',
      verdict: 'allows',
      because: 'a bearer token is given; a bound one where a key is proven',
    }
  }
  const accepted = proofs.filter((_, index) => refusals[index] === undefined)
  // both together are worth a word only where neither alone is enough
  const single = accepted.filter(({ confirmation }) => Object.keys(confirmation ?? {}).length === 1)
  const ways = (single.length > 0 ? single : accepted).map(({ how }) => how)
  return { rule: 'sender_constraint', verdict: 'depends', because: `only ${ways.join(' or ')}: ${bearer.message}` }
}

const refusalOf = (check: () => void): OAuthError | undefined => {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof OAuthError) return error
    throw error
  }
}
