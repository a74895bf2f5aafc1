/** Reading what the feed sends: unknown JSON in, a document with nothing unexpected out. */
import type { RevocationCutoff, RevocationDocument, RevokedToken } from '@credence/protocol'
import { FeedError } from './feed_error.ts'

const maxTextLength = 1_024

/**
 * Parses a document of the feed. One wrong entry makes the whole document wrong: what is not understood must not pass
 * as nothing denied. A member that is not known is not looked at; a cut-off then denies more, never less.
 *
 * @throws {FeedError} that says which part is wrong, and nothing of its content.
 */
export const parseFeedDocument = (text: string): RevocationDocument => {
  const { cursor, revoked, cutoffs } = asObject(parseJson(text), 'the document')
  // it goes into a header and a query as it is
  if (typeof cursor !== 'string' || !/^[\x21-\x7e]{1,256}$/.test(cursor)) throw wrong('cursor')
  return {
    cursor,
    revoked: asArray(revoked, 'revoked').map(parseRevoked),
    cutoffs: asArray(cutoffs, 'cutoffs').map(parseCutoff),
  }
}

const parseRevoked = (entry: unknown): RevokedToken => {
  const { iss, jti, exp } = asObject(entry, 'an entry of revoked')
  return { iss: asText(iss, 'iss'), jti: asText(jti, 'jti'), exp: asSeconds(exp, 'exp') }
}

const parseCutoff = (entry: unknown): RevocationCutoff => {
  const cutoff = asObject(entry, 'an entry of cutoffs')
  return {
    iss: asText(cutoff.iss, 'iss'),
    ...(cutoff.client_id !== undefined && { client_id: asText(cutoff.client_id, 'client_id') }),
    ...(cutoff.credential_id !== undefined && { credential_id: asText(cutoff.credential_id, 'credential_id') }),
    ...(cutoff.aud !== undefined && { aud: asText(cutoff.aud, 'aud') }),
    issued_before: asSeconds(cutoff.issued_before, 'issued_before'),
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // the parser's message quotes what it read
    throw new FeedError('what the feed sent is not JSON')
  }
}

const asObject = (value: unknown, what: string): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(what)
  return value as Readonly<Record<string, unknown>>
}

const asArray = (value: unknown, what: string): readonly unknown[] => {
  if (!Array.isArray(value)) throw wrong(what)
  return value
}

const asText = (value: unknown, what: string): string => {
  if (typeof value !== 'string' || value === '' || value.length > maxTextLength) throw wrong(what)
  return value
}

const asSeconds = (value: unknown, what: string): number => {
  if (!Number.isSafeInteger(value)) throw wrong(what)
  return value as number
}

const wrong = (what: string) => new FeedError(`what the feed sent is no revocation document: ${what}`)
