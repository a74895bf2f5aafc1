/** What presenting a secret has in common, wherever in the request it goes: which one is presented, and what follows a refusal. */
import { createSecretHolder, type SecretHolder } from '../secret_sources/secret_holder.ts'
import type { SecretSource } from '../secret_sources/secret_source.ts'
import type { ClientAuth } from './client_auth.ts'

/**
 * Makes a method of one that is given the secret.
 *
 * After invalid_client the source is read anew, past its cache. A secret that has changed is tried once; otherwise the
 * previous one is, once. Which one works is remembered until the source has another.
 */
export const presentSecret = (source: SecretSource, method: (secret: string) => ClientAuth): ClientAuth => {
  const secrets = createSecretHolder(source)
  const authenticate: ClientAuth = async (server, client, body, headers) =>
    method((await secrets.choose()).value)(server, client, body, headers)
  return Object.assign(authenticate, { secrets, begin: createBegin(secrets, method) })
}

const createBegin =
  (secrets: SecretHolder, method: (secret: string) => ClientAuth): NonNullable<ClientAuth['begin']> =>
  (hooks) => {
    let next = secrets.choose
    let presented: Awaited<ReturnType<SecretHolder['choose']>> | undefined
    let rejectedId: string | undefined
    let isSecondTry = false
    return {
      authenticate: async (server, client, body, headers) => {
        presented = await next()
        await method(presented.value)(server, client, body, headers)
      },
      refused: async () => {
        if (presented === undefined) return false
        const { value, credentialId } = presented
        tell(hooks.onSecretRejected, credentialId)
        if (isSecondTry) return false
        rejectedId = credentialId
        isSecondTry = true
        const other = await secrets.alternative(value)
        if (other === undefined) return false
        next = async () => other
        return true
      },
      accepted: () => {
        if (presented === undefined) return
        secrets.accepted(presented)
        if (isSecondTry && presented.isPrevious) tell(hooks.onPreviousSecretUsed, rejectedId)
        isSecondTry = false
        next = secrets.choose
      },
    }
  }

const tell = (
  hook: ((secret: { readonly credentialId: string | undefined }) => void) | undefined,
  credentialId: string | undefined,
): void => {
  try {
    hook?.({ credentialId })
  } catch {
    // a caller's hook does not decide whether there is a token
  }
}
