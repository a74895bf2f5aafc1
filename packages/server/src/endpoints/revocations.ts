/** The revocation feed: pages of JSON, or a stream of events that goes on. WHATWG HTML §9.2; packages/protocol has the document. */
import { eventStreamType, OAuthError, parseForm } from '@credence/protocol'
import type { AuthenticateReader, TokenReader } from '../client_auth/authenticate_reader.ts'
import { accepts } from '../http/accepts.ts'
import type { HttpRequest, HttpResponse, StreamingResponse } from '../http/http_request.ts'
import { privateResponse } from '../http/respond.ts'
import type { FeedCursors } from '../revocation/feed_cursor.ts'
import type { FeedSubscribers } from '../revocation/feed_subscribers.ts'
import type { LiveRevocations } from '../revocation/live_revocations.ts'
import { toRevocationDocument } from '../revocation/revocation_document.ts'

export interface RevocationsEndpointDeps {
  readonly authenticateReader: AuthenticateReader
  readonly live: LiveRevocations
  readonly cursors: FeedCursors
  readonly subscribers: FeedSubscribers
  /** Reads what other replicas have stored. */
  readonly catchUp: () => Promise<void>
}

const pageSize = 2_000
const mostSubscribers = 4_096

export const createRevocationsEndpoint = (deps: RevocationsEndpointDeps) => {
  const { live, cursors, subscribers } = deps

  const resolveCursor = async (cursor: string | undefined): Promise<number> => {
    if (cursor === undefined) return 0
    const version = cursors.parse(cursor)
    // another replica may be ahead of this one; what is ahead of the store itself is of another one
    if (version !== undefined && version > live.version) await deps.catchUp()
    if (version === undefined || version > live.version) throw beginAgain()
    return version
  }

  return async (request: HttpRequest): Promise<HttpResponse | StreamingResponse> => {
    const reader = await deps.authenticateReader(request, parseForm(''))
    checkMayFollow(reader)
    const audiences = reader.serves
    const isStream = accepts(request.headers.accept, eventStreamType)
    const version = await resolveCursor(readCursor(request, isStream))
    if (!isStream) {
      const page = live.after(version, { audiences, limit: pageSize })
      return privateResponse(JSON.stringify(toRevocationDocument(cursors.format(page.version), page.revocations)))
    }
    if (subscribers.size >= mostSubscribers) throw tooManySubscribers()
    return {
      status: 200,
      headers: ['content-type', eventStreamType, 'cache-control', 'no-store', 'x-accel-buffering', 'no'],
      start: (sink) => subscribers.start({ version, audiences, mayGoOn: reader.mayGoOn }, sink),
    }
  }
}

const checkMayFollow = ({ serves }: TokenReader): void => {
  if (serves?.length !== 0) return
  throw new OAuthError('unauthorized_client', 'the feed is for resource servers, and this client serves no API', {
    status: 403,
  })
}

/** Where a stream broke off counts for more than where it was asked to begin. */
const readCursor = ({ query, headers }: HttpRequest, isStream: boolean): string | undefined => {
  const since = new URLSearchParams(query).getAll('since')
  if (since.length > 1) throw new OAuthError('invalid_request', 'since is given more than once')
  const last = isStream ? headers['last-event-id'] : undefined
  return (typeof last === 'string' && last !== '' ? last : since[0]) || undefined
}

const beginAgain = () =>
  new OAuthError('invalid_request', 'the cursor is none of this database: begin again without one', { status: 410 })

const tooManySubscribers = () =>
  new OAuthError('temporarily_unavailable', 'too many subscribers', { headers: { 'Retry-After': '15' } })
