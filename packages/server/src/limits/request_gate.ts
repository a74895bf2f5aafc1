/** A bound on the requests that are being worked on, so that an overload is refused at once and does not pile up. RFC 9110 §15.6.4. */
import { OAuthError } from '@credence/protocol'

export interface RequestGate {
  /** @throws {OAuthError} `temporarily_unavailable` when as many as there may be are being worked on */
  enter(): void
  /** Once for every request that has entered. */
  leave(): void
  /** How many are being worked on. */
  readonly underWay: number
  /** How many were refused. */
  readonly refused: number
}

/** Requests whose bodies are still coming are not among them: a sender of slow bodies takes no place from anybody. */
export const createRequestGate = (capacity: number): RequestGate => {
  let underWay = 0
  let refused = 0
  return {
    enter() {
      if (underWay >= capacity) {
        refused++
        throw new OAuthError('temporarily_unavailable', 'too many requests at once', {
          headers: { 'Retry-After': '1' },
        })
      }
      underWay++
    },
    leave() {
      underWay--
    },
    get underWay() {
      return underWay
    },
    get refused() {
      return refused
    },
  }
}
