/** A client as a process: asks for a token over and over with the secret that stands in a file at the moment, and says what came of it. */
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

const [issuer = '', clientId = '', secretFile = ''] = process.argv.slice(2)
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())

while (!stopping.signal.aborted) {
  const secret = await readFile(secretFile, 'utf8')
  const answer = await fetch(`${issuer}/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
      'user-agent': 'secret-file-client/1.0',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  await answer.arrayBuffer()
  console.log(`${answer.status} with ${secret.slice(0, 31)}`)
  await sleep(50, undefined, { signal: stopping.signal }).catch(() => undefined)
}
