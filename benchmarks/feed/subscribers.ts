/** A thousand subscribers of the feed in this process: each a connection that counts the bytes and the ids it is sent. */
import { Agent, type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http'

export interface Subscribers {
  /** Resolves when every one has been sent this token id. @throws after 20 seconds */
  readonly untilAllHave: (jti: string) => Promise<void>
  readonly bytes: () => number
  readonly close: () => void
}

export interface SubscribeOptions {
  readonly url: string
  readonly authorization: string
  readonly count: number
  /** Where they begin; from the beginning unless given. */
  readonly cursor?: string
}

const patienceMs = 20_000
const atATime = 50

export const subscribe = async ({ url, authorization, count, cursor }: SubscribeOptions): Promise<Subscribers> => {
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
  const requests: ClientRequest[] = []
  let wanted: string | undefined
  let missing = 0
  let bytes = 0
  let done = () => {}

  const receive = (response: IncomingMessage) => {
    let tail = ''
    let has: string | undefined
    response.setEncoding('latin1')
    response.on('data', (chunk: string) => {
      bytes += chunk.length
      if (wanted === undefined || has === wanted) return
      const text = tail + chunk
      if (text.includes(wanted)) {
        has = wanted
        tail = ''
        if (--missing === 0) done()
      } else tail = text.slice(-wanted.length)
    })
  }

  const open = () =>
    new Promise<void>((resolve, reject) => {
      const headers = {
        accept: 'text/event-stream',
        authorization,
        ...(cursor !== undefined && { 'last-event-id': cursor }),
      }
      const request = startRequest(url, { agent, headers }, (response) => {
        if (response.statusCode !== 200) return reject(new Error(`the feed answered ${response.statusCode}`))
        receive(response)
        response.once('data', () => resolve())
      })
      request.on('error', reject)
      request.end()
      requests.push(request)
    })

  const untilAllHave = (jti: string): Promise<void> =>
    new Promise((resolve, reject) => {
      wanted = jti
      missing = count
      const timer = setTimeout(() => reject(new Error(`${missing} subscribers did not hear of it`)), patienceMs)
      done = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  for (let opened = 0; opened < count; opened += atATime) {
    await Promise.all(Array.from({ length: Math.min(atATime, count - opened) }, open))
  }
  return {
    untilAllHave,
    bytes: () => bytes,
    close: () => {
      for (const request of requests) request.on('error', () => undefined).destroy()
    },
  }
}
