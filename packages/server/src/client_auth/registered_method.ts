/** Which methods the one that a client is registered for stands for. RFC 7591 §2, RFC 7523 §2.2. */
import type { TokenEndpointAuthMethod } from '@credence/storage'

/**
 * Whether a client may authenticate by a method.
 *
 * private_key_jwt is any assertion that a private key has signed: the client's own, or its platform's where an operator gave
 * it a credential for that. client_secret_jwt, whose secret has to be kept, is for who is registered for it alone.
 *
 * @param registered undefined: for none
 */
export const mayUseMethod = (
  registered: TokenEndpointAuthMethod | undefined,
  used: TokenEndpointAuthMethod,
): boolean => {
  if (registered === undefined) return used !== 'client_secret_jwt'
  return registered === used || (registered === 'private_key_jwt' && used === 'federated')
}
