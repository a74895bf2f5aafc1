/** A webhook: lines of JSON by POST, signed so that the receiver can tell who sent them and when. RFC 2104. */
import { createHmac } from 'node:crypto'
import type { Clock } from '@credence/protocol'
import type { Sink } from './sink.ts'

export interface WebhookOptions {
  readonly url: string
  readonly secret: string
  readonly clock: Clock
}

/** `t=SECONDS,v1=HEX`: HMAC-SHA-256 under the secret over the seconds, a full stop and the body. */
export const signatureHeader = (
  body: string,
  { secret, at }: { readonly secret: string; readonly at: number },
): string => `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`

export const createWebhookSink = ({ url, secret, clock }: WebhookOptions): Sink => ({
  async deliver(lines, signal) {
    const body = lines.map(({ json }) => `${json}\n`).join('')
    const headers = {
      'content-type': 'application/x-ndjson',
      'credence-signature': signatureHeader(body, { secret, at: clock.epochSeconds() }),
    }
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`)
  },
  close() {},
})
