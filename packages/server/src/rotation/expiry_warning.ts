/** Says that a credential is about to expire, while there is time to do something about it. */
import type { Credential } from '@credence/storage'
import { inWords } from './time_words.ts'

/** The last fortnight of a long life, the last fifth of a short one. Seconds. */
const longestNotice = 14 * 86_400
const shareOfLife = 0.2

/** From when on a credential is called expiring: epoch seconds, or undefined when it never expires. */
export const expiringFrom = ({
  createdAt,
  expiresAt,
}: Pick<Credential, 'createdAt' | 'expiresAt'>): number | undefined =>
  expiresAt === undefined ? undefined : expiresAt - Math.min(longestNotice, (expiresAt - createdAt) * shareOfLife)

/**
 * The warning in words, or undefined while there is nothing to warn of.
 *
 * @param siblings the client's credentials; the one that is looked at may be among them
 */
export const describeExpiry = (
  credential: Credential,
  { siblings, now }: { readonly siblings: readonly Credential[]; readonly now: number },
): string | undefined => {
  const { credentialId, expiresAt, revokedAt } = credential
  const from = expiringFrom(credential)
  if (expiresAt === undefined || from === undefined || revokedAt !== undefined || expiresAt <= now || now < from) return
  const outlived = siblings.some(
    (other) =>
      other.credentialId !== credentialId && other.revokedAt === undefined && (other.expiresAt ?? Infinity) > expiresAt,
  )
  const left = `expires in ${inWords(expiresAt - now)}`
  return outlived ? `${left}; another one goes on` : `${left}, and no other credential of this client lasts longer`
}
