import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { askToken, callTokenEndpoint } from '../support/token.ts'

const credence = await startCredence({ args: ['--max-requests-at-once', '3'] })
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['orders:read'] })
const client = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['orders:read'] }] })

test('RFC 9110 §15.6.4: more requests at once than there may be are refused with 503 and Retry-After; after them all goes on', async () => {
  // a refusal takes ten milliseconds, so that these are under way together
  const wrong = { form: { client_id: 'job', client_secret: 'wrong' } }
  const answers = await Promise.all(Array.from({ length: 40 }, () => callTokenEndpoint(credence, wrong)))
  const shed = answers.filter(({ status }) => status === 503)
  assert.ok(shed.length > 0, 'none was refused')
  assert.ok(answers.some(({ status }) => status === 401))
  for (const answer of shed) {
    assert.equal(jsonOf(answer).error, 'temporarily_unavailable')
    assert.equal(answer.headers['retry-after'], '1')
  }
  assert.equal((await askToken(credence, client)).status, 200)
})

test('a body that does not come takes no place from anybody', async () => {
  const { hostname, port } = new URL(credence.public.url)
  const slow = Array.from({ length: 10 }, () => connect(Number(port), hostname))
  for (const socket of slow) {
    await once(socket, 'connect')
    socket.write(
      'POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\ngrant',
    )
  }
  for (let made = 0; made < 5; made++) assert.equal((await askToken(credence, client)).status, 200)
  for (const socket of slow) socket.destroy()
})
