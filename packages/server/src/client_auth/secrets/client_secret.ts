/** Client secrets: made here, 256 bits each, kept as HMAC-SHA-256 digests, found by the id they carry. RFC 6749 §2.3.1. */
import { timingSafeEqual } from 'node:crypto'
import { type Randomness, randomBase62 } from '@credence/protocol'
import { createKeyedDigest } from './keyed_digest.ts'

const idForm = /^cred_[0-9a-z]{26}$/
const idLength = 31

/** Letters and digits that hold 256 bits, so a fast keyed hash is enough and nobody can guess one. */
const randomLength = 43

/** `<credential id>_<43 letters and digits>`: only `[A-Za-z0-9_]`, so that it survives clients that skip form-encoding. */
export const createClientSecret = (credentialId: string, randomness: Randomness): string =>
  `${credentialId}_${randomBase62(randomLength, randomness)}`

/**
 * The id of the credential that a secret belongs to, or undefined when it is none of ours.
 *
 * Does not check: what follows the id, which the digest is of.
 */
export const credentialIdOf = (clientSecret: string): string | undefined => {
  if (clientSecret.length !== idLength + 1 + randomLength) return undefined
  const id = clientSecret.slice(0, idLength)
  return idForm.test(id) ? id : undefined
}

const anywhere = /(cred_[0-9a-z]{26})_[0-9A-Za-z]+/g

/** What a stranger wrote, fit to be kept: a secret of ours that was put in the wrong place shows its credential id alone. */
export const withoutSecrets = (text: string): string => text.replace(anywhere, '$1_…')

export interface SecretDigester {
  digest(clientSecret: string): Buffer
  /** Compares in constant time. */
  matches(clientSecret: string, digest: Uint8Array): boolean
}

/** @param pepper the server's own key, without which a stolen store says nothing about any secret */
export const createSecretDigester = (pepper: Uint8Array): SecretDigester => {
  const digest = createKeyedDigest(pepper)
  return { digest, matches: (clientSecret, expected) => timingSafeEqual(digest(clientSecret), expected) }
}
