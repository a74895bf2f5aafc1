/** A small client that replaces its own secret, for tests of the server: what the client library does is its own matter. */
import assert from 'node:assert/strict'
import { type HttpAnswer, jsonOf, sendHttp } from '../support/http.ts'
import { askToken, basic } from '../support/token.ts'
import type { ServerInProcess } from './server_in_process.ts'

export interface HeldCredential {
  readonly client_id: string
  readonly client_secret: string
  readonly credential_id: string
}

export interface NewCredential extends HeldCredential {
  readonly client_secret_expires_at: number
  readonly replaces: { readonly credential_id: string; readonly usable_until: number }
}

/** Asks to replace a credential, with it. */
export const askReplacement = (
  { public: listener }: Pick<ServerInProcess, 'public'>,
  held: Pick<HeldCredential, 'client_id' | 'client_secret'>,
): Promise<HttpAnswer> =>
  sendHttp(listener, {
    method: 'POST',
    path: '/oauth/credentials',
    headers: {
      authorization: basic(held.client_id, held.client_secret),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: '',
  })

/** Replaces a credential and uses the new one at once, which is what tells the server that it has arrived. */
export const replaceCredential = async (server: ServerInProcess, held: HeldCredential): Promise<NewCredential> => {
  const answer = await askReplacement(server, held)
  assert.equal(answer.status, 201, answer.body)
  const made = jsonOf(answer) as unknown as NewCredential
  assert.equal((await askToken(server, made)).status, 200)
  return made
}
