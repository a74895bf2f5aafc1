/** The keys that an operator pins for a platform: public ones only, and of the kinds that can be used. RFC 7517 §5. */
import { isJsonObject, type JsonObject, keySetOfSpiffeBundle, parseKeySet } from '@credence/jwt'
import type { Federation } from '@credence/storage'
import { checkReach } from './platform_reach.ts'
import type { PlatformName } from './platforms/platform.ts'

export interface PinnedKeysAsked {
  readonly jwks?: unknown
  readonly jwksUri?: string | undefined
}

const maxLength = 65_536

/**
 * Reads them. Of inline keys only what can be used is kept, as it was given.
 *
 * @returns undefined where the issuer's metadata is to say
 * @throws {Error} whose message says what is wrong and what to do, to be read after `jwks` or `jwks_uri`
 */
export const parsePinnedKeys = (
  { jwks, jwksUri }: PinnedKeysAsked,
  platform: PlatformName,
  { allowPrivateAddresses }: { readonly allowPrivateAddresses: boolean },
): Federation['keys'] => {
  if (jwks !== undefined && jwksUri !== undefined) throw new Error('and jwks_uri: give one of them')
  if (jwksUri !== undefined) {
    const url = URL.parse(jwksUri)
    if (url === null || url.hash !== '') throw new Error('must be an https URL')
    checkReach(url, allowPrivateAddresses)
    return { jwksUri }
  }
  return jwks === undefined ? undefined : { jwks: JSON.stringify({ keys: usableKeys(jwks, platform) }) }
}

/** Members that a private key has. RFC 7518 §6.2.2, §6.3.2. */
const isPrivate = (key: unknown): boolean => isJsonObject(key) && ('d' in key || 'k' in key)

const usableKeys = (jwks: unknown, platform: PlatformName): readonly JsonObject[] => {
  const members = isJsonObject(jwks) ? jwks.keys : undefined
  if (!Array.isArray(members)) throw new Error('must be a JWK set: an object with an array of keys')
  if (members.some(isPrivate)) throw new Error('has a private key in it: give the public keys only')
  if (JSON.stringify(members).length > maxLength) throw new Error(`must have at most ${maxLength} characters`)
  const asKeySet = (keys: readonly unknown[]) =>
    parseKeySet(platform === 'spiffe' ? keySetOfSpiffeBundle({ keys }) : { keys })
  const whole = asKeySet(members)
  if (whole.keys.size === 0) {
    const why = whole.skipped.map(({ reason }) => reason).join('; ')
    const none = platform === 'spiffe' ? 'no key has the use jwt-svid and a kid' : 'it is empty'
    throw new Error(`has no key that can be used: ${why || none}`)
  }
  return members.filter((member): member is JsonObject => asKeySet([member]).keys.size === 1)
}
