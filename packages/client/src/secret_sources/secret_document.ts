/** A secret as text: bare, or in a JSON document with the member names of RFC 7591 §3.2.1. */
import { TokenError } from '../token_error.ts'
import type { Secret } from './secret_source.ts'

/**
 * Reads a secret, and what is known of it where the text is a JSON object such as `credence client create --json` prints.
 *
 * @param field the member that holds the secret; a text that is no JSON object is the secret itself
 * @throws {TokenError} `credential_unavailable` when there is none, naming `where`
 */
export const parseSecretText = (
  text: string,
  { where, field = 'client_secret' }: { readonly where: string; readonly field?: string | undefined },
): Secret => {
  const members = text.trimStart().startsWith('{') ? parseObject(text) : undefined
  if (members === undefined) return { current: nonEmpty(text.replace(/\r?\n$/, ''), `${where} is empty`) }
  return parseSecretMembers(members, { where, field })
}

/** The same of members that have been parsed already. */
export const parseSecretMembers = (
  members: Readonly<Record<string, unknown>>,
  { where, field = 'client_secret' }: { readonly where: string; readonly field?: string | undefined },
): Secret => {
  const { credential_id: credentialId, previous_client_secret: previous } = members
  const { client_secret_created_at: createdAt, client_secret_expires_at: expiresAt } = members
  return {
    current: nonEmpty(members[field], `${where} has no text in its member ${field}; name the right one by \`field\``),
    previous: isText(previous) ? previous : undefined,
    credentialId: isText(credentialId) ? credentialId : undefined,
    createdAt: typeof createdAt === 'number' ? createdAt : undefined,
    // RFC 7591 §3.2.1: "the time at which the client secret will expire or 0 if it will not expire"
    expiresAt: typeof expiresAt === 'number' ? expiresAt || Number.POSITIVE_INFINITY : undefined,
  }
}

/** The document that {@link parseSecretText} reads back. */
export const writeSecretDocument = (secret: Secret): string => {
  const { current, previous, credentialId, createdAt, expiresAt } = secret
  const document = {
    client_secret: current,
    credential_id: credentialId,
    client_secret_created_at: createdAt,
    client_secret_expires_at: expiresAt === Number.POSITIVE_INFINITY ? 0 : expiresAt,
    previous_client_secret: previous,
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

const parseObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const nonEmpty = (value: unknown, otherwise: string): string => {
  if (isText(value)) return value
  throw new TokenError('credential_unavailable', otherwise)
}
