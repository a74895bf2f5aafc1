import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { sendHttp } from '../support/http.ts'
import { askToken, assertRefused } from '../support/token.ts'

const perMinute = 5
const credence = await startCredence({ args: ['--failed-authentications-per-minute', `${perMinute}`] })
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['orders:read'] })
const honest = await credence.createClient({ client_id: 'honest', grants: [{ audience, scopes: ['orders:read'] }] })
const stranger = { ...honest, client_secret: honest.client_secret.replace(/.{8}$/, 'AAAAAAAA') }

test('RFC 6749 §2.3.1: what fails too often from one address is answered 429, and the right secret from there still works', async () => {
  for (let made = 0; made < perMinute; made++) assertRefused(await askToken(credence, stranger), 'invalid_client')
  for (let made = 0; made < 20; made++) {
    const refused = await askToken(credence, stranger)
    assert.match(assertRefused(refused, 'temporarily_unavailable', 429), /client authentication failed/)
    assert.match(String(refused.headers['retry-after']), /^\d+$/)
    assert.equal(refused.headers['www-authenticate'], undefined)
    // the stranger locks nobody out: not from the address, not from the client
    assert.equal((await askToken(credence, honest)).status, 200)
  }
  // A10: and the refusal says no more of whether there is such a client than the one before it
  const unknown = { client_id: 'nobody', client_secret: 'nothing', credential_id: '' }
  const [known, other] = [await askToken(credence, stranger), await askToken(credence, unknown)]
  assert.equal(other.status, 429)
  assert.equal(other.body, known.body)
  const { body } = await sendHttp(credence.socket, { path: '/metrics' })
  assert.match(body, /^credence_failed_authentications_limited_total 22$/m)
})
