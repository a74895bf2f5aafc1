/** How far the clock of this machine is from the authorization server's, told by the Date of its answers. RFC 9110 §6.6.1. */

export interface Skew {
  /** What must be added to this machine's clock to have the server's, in seconds. 0 while nothing is known. */
  readonly seconds: () => number
  /** Takes in an answer to a request that was sent and answered at these epoch seconds of this machine's clock. */
  readonly learn: (headers: Headers, sentAt: number, answeredAt: number) => void
}

/**
 * Starts with no skew and holds what the last answer told.
 *
 * A Date anywhere between sending and receiving is taken for no skew, so that a slow answer is never mistaken for a wrong
 * clock. Nothing but the times in what is sent to that same server, and the reading of its Retry-After dates, hangs on it.
 */
export const createSkew = (): Skew => {
  let seconds = 0
  return {
    seconds: () => seconds,
    learn: (headers, sentAt, answeredAt) => {
      const date = serverTime(headers)
      if (date === undefined) return
      // Date and our own clock are whole seconds, so that each is up to one second later than it says
      const least = date - answeredAt - 1
      const most = date - sentAt + 1
      seconds = least > 0 ? least : most < 0 ? most : 0
    },
  }
}

/** Epoch seconds by the server's clock when it answered; a cache in between says in Age how long it kept the answer. */
export const serverTime = (headers: Headers): number | undefined => {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) return undefined
  const age = headers.get('age') ?? ''
  return Math.floor(date / 1000) + (/^\d{1,9}$/.test(age) ? Number(age) : 0)
}
