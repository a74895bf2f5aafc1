/** How old the secret is and when it expires: from its file, from the server on this machine, or from Credence's own ids. */
import type { Secret } from '@credence/client'
import { describeAge, type LocalClient } from './check_local_server.ts'
import { type Found, fail, good, Skipped, warn } from './finding.ts'

const soonSeconds = 14 * 86_400

export const checkSecret = async (secret: Secret | undefined, local: LocalClient | undefined): Promise<Found<true>> => {
  if (secret === undefined) throw new Skipped('no_secret', 'the client has no secret, or none was given')
  const credentialId = secret.credentialId ?? /^cred_[0-9a-z]{26}(?=_)/.exec(secret.current)?.[0]
  const known = local?.credentials.find(({ credential_id: id }) => id === credentialId)
  const now = Math.floor(Date.now() / 1000)
  if (known !== undefined && known.status !== 'live') {
    return fail({
      code: `secret_${known.status}`,
      found: `${credentialId} is ${known.status}`,
      advice: `make another: credence credential add ${known.client_id}`,
    })
  }
  if (local !== undefined && credentialId !== undefined && known === undefined) {
    return fail({
      code: 'unknown_secret',
      found: `${credentialId} is no credential of this client`,
      advice: 'the secret is of another client or another server',
    })
  }
  const createdAt = known?.created_at ?? secret.createdAt ?? timeOf(credentialId, now)
  const expiresAt = known === undefined ? secret.expiresAt : (known.expires_at ?? Number.POSITIVE_INFINITY)
  if (createdAt === undefined && expiresAt === undefined) {
    throw new Skipped('not_known', 'nobody says when it was made; a JSON file as the secret’s source can')
  }
  const found = describeAge(createdAt, expiresAt, now)
  if (expiresAt === undefined || expiresAt - now > soonSeconds) return good(found, true)
  return warn(
    { code: 'secret_expires_soon', found, advice: 'rotate it before that: credence credential rotate CLIENT' },
    true,
  )
}

/** Credence's ids begin with the time they were made at, in milliseconds to the base of 32. */
const timeOf = (credentialId: string | undefined, now: number): number | undefined => {
  const seconds = Math.floor(Number.parseInt(credentialId?.slice(5, 15) ?? '', 32) / 1000)
  return seconds <= now ? seconds : undefined
}
