/** How a resource server shows the feed who it is: as a client that serves the API, or by an access token. RFC 6749 §2.3.1, RFC 6750 §2.1. */

/** Either `clientId` and `clientSecret`, or `authorization`. */
export interface FeedCredentials {
  readonly clientId?: string
  /** Or where it is read from, asked for every connection, so that a rotated secret needs no restart. */
  readonly clientSecret?: string | (() => string | Promise<string>)
  /** An access token, or a whole Authorization header; asked for every connection. */
  readonly authorization?: () => string | Promise<string>
}

/** Makes the Authorization header of the next request. */
export type Authorize = () => Promise<string>

/** @throws {TypeError} unless exactly one way is given. */
export const createAuthorize = ({ clientId, clientSecret, authorization }: FeedCredentials): Authorize => {
  const hasSecret = clientId !== undefined && clientSecret !== undefined
  if (hasSecret === (authorization !== undefined)) {
    throw new TypeError('give either clientId and clientSecret, or authorization')
  }
  if (authorization !== undefined) return async () => toHeader(await authorization())
  return async () => {
    const secret = typeof clientSecret === 'function' ? await clientSecret() : clientSecret
    return `Basic ${Buffer.from(`${encodeForm(clientId ?? '')}:${encodeForm(secret ?? '')}`).toString('base64')}`
  }
}

const toHeader = (given: string): string => {
  const text = given.trim()
  return /\s/.test(text) ? text : `Bearer ${text}`
}

/** "The client identifier is encoded using the "application/x-www-form-urlencoded" encoding algorithm" */
const encodeForm = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)
