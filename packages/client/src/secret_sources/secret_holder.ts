/** Which secret to present: the source's current one, unless it is known that another works. */
import { TokenError } from '../token_error.ts'
import { type Secret, type SecretSource, toSecretStore } from './secret_source.ts'

export interface ChosenSecret {
  readonly value: string
  readonly isPrevious: boolean
  readonly credentialId: string | undefined
}

export interface SecretHolder {
  /** The secret to present now. */
  readonly choose: () => Promise<ChosenSecret>
  /** After a secret was refused: the source is read anew, and if it has changed that one, otherwise the previous one. */
  readonly alternative: (refused: string) => Promise<ChosenSecret | undefined>
  readonly accepted: (secret: ChosenSecret) => void
  /** The secret with what is known of it. */
  readonly latest: () => Promise<Secret>
  readonly reload: () => Promise<Secret>
  /** What was looked at last, without looking again. */
  readonly known: () => Secret | undefined
  /** Presents this one from now on, until the source has another than it had. */
  readonly adopt: (secret: Secret) => void
}

export const createSecretHolder = (source: SecretSource): SecretHolder => {
  const store = toSecretStore(source)
  /** What the source had when it was last looked at. */
  let seen: Secret | undefined
  let adopted: Secret | undefined
  let working: string | undefined

  const note = (read: Secret): Secret => {
    if (typeof read?.current !== 'string' || read.current === '') {
      throw new TokenError('credential_unavailable', 'the source of the client secret gave none: an empty value')
    }
    if (read.current !== seen?.current) {
      // a source that keeps the secret alone does not unlearn when it expires, nor which one it is
      if (read.current !== adopted?.current) adopted = undefined
      working = undefined
    }
    seen = read
    return adopted ?? read
  }

  const latest = async () => note(await store.get())
  const reload = async () => note(await store.reload())

  return {
    latest,
    reload,
    known: () => adopted ?? seen,
    choose: async () => {
      const secret = await latest()
      return working !== undefined && working === secret.previous ? asPrevious(secret) : asCurrent(secret)
    },
    alternative: async (refused) => {
      // a store that is away must not hide what is known already
      const secret = await reload().catch(latest)
      if (secret.current !== refused) return asCurrent(secret)
      return secret.previous === undefined || secret.previous === refused ? undefined : asPrevious(secret)
    },
    accepted: ({ value, isPrevious }) => {
      // a request that was under way when its secret was replaced says nothing against the new one
      working = isPrevious ? value : undefined
    },
    adopt: (secret) => {
      adopted = secret
      working = undefined
    },
  }
}

const asCurrent = ({ current, credentialId }: Secret): ChosenSecret => ({
  value: current,
  isPrevious: false,
  credentialId,
})

/** The id is that of the current one; of the previous one none is known. */
const asPrevious = ({ previous = '' }: Secret): ChosenSecret => ({
  value: previous,
  isPrevious: true,
  credentialId: undefined,
})
