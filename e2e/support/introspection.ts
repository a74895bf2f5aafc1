/** Calls of the introspection and revocation endpoints, and a subscriber of the feed as simple as one can be. RFC 7662, RFC 7009. */
import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http'
import type { RevocationDocument } from '@credence/protocol'
import type { RunningCredence, TestClient } from './credence.ts'
import { type HttpAnswer, jsonOf, sendHttp } from './http.ts'
import { basic } from './token.ts'

type Server = Pick<RunningCredence, 'public'>
type Headers = Readonly<Record<string, string>>

export const basicOf = ({ client_id: id, client_secret: secret }: TestClient): Headers => ({
  authorization: basic(id, secret),
})

export const postForm = (
  { public: listener }: Server,
  path: string,
  { form, headers }: { readonly form: Headers; readonly headers: Headers },
): Promise<HttpAnswer> =>
  sendHttp(listener, {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  })

export const introspect = async (
  credence: Server,
  caller: TestClient,
  token: string,
): Promise<Readonly<Record<string, unknown>>> =>
  jsonOf(await postForm(credence, '/oauth/introspect', { form: { token }, headers: basicOf(caller) }))

export const revoke = (credence: Server, caller: TestClient, token: string): Promise<HttpAnswer> =>
  postForm(credence, '/oauth/revoke', { form: { token }, headers: basicOf(caller) })

export const readFeed = (credence: Server, headers: Headers, since?: string): Promise<HttpAnswer> =>
  sendHttp(credence.public, {
    path: `/oauth/revocations${since === undefined ? '' : `?since=${encodeURIComponent(since)}`}`,
    headers,
  })

export const documentOf = (answer: HttpAnswer): RevocationDocument => jsonOf(answer) as unknown as RevocationDocument

export interface FeedEvent {
  readonly id: string
  readonly document: RevocationDocument
}

export interface FeedStream {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly events: readonly FeedEvent[]
  readonly comments: number
  /** Resolves to the first event, seen or to come, that fits. @throws when none does within five seconds */
  readonly waitFor: (fits: (event: FeedEvent) => boolean) => Promise<FeedEvent>
  readonly ended: Promise<void>
  readonly close: () => void
}

const patienceMs = 5_000

/** Follows the feed. Resolves once the answer begins. */
export const followFeed = ({ public: { url } }: Server, headers: Headers, lastEventId?: string): Promise<FeedStream> =>
  new Promise((resolve, reject) => {
    const request: ClientRequest = startRequest(
      `${url}/oauth/revocations`,
      {
        headers: {
          accept: 'text/event-stream',
          ...headers,
          ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        },
      },
      (response) => resolve(toStream(request, response)),
    )
    request.on('error', reject)
    request.end()
  })

const toStream = (request: ClientRequest, response: IncomingMessage): FeedStream => {
  const events: FeedEvent[] = []
  const listeners = new Set<(event: FeedEvent) => void>()
  const ended = Promise.withResolvers<void>()
  let comments = 0
  let text = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      if (block.startsWith(':')) comments++
      else for (const listener of [push, ...listeners]) listener(parseEvent(block))
    }
  })
  for (const name of ['end', 'close', 'error']) response.on(name, () => ended.resolve())
  request.on('error', () => ended.resolve())
  const push = (event: FeedEvent) => {
    events.push(event)
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    events,
    get comments() {
      return comments
    },
    ended: ended.promise,
    close: () => request.destroy(),
    waitFor: (fits) =>
      new Promise((resolve, reject) => {
        const seen = events.find(fits)
        if (seen !== undefined) return resolve(seen)
        const timer = setTimeout(() => {
          listeners.delete(listener)
          reject(new Error(`no such event among ${events.length}`))
        }, patienceMs)
        const listener = (event: FeedEvent) => {
          if (!fits(event)) return
          clearTimeout(timer)
          listeners.delete(listener)
          resolve(event)
        }
        listeners.add(listener)
      }),
  }
}

const parseEvent = (block: string): FeedEvent => {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)]
    }),
  )
  if (fields.get('event') !== 'revocation') throw new Error(`an event of type ${fields.get('event')}`)
  return { id: fields.get('id') ?? '', document: JSON.parse(fields.get('data') ?? '') }
}
