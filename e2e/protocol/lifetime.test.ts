import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { decodeJwt } from 'jose'
import { startCredence } from '../support/credence.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { askToken } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)

let count = 0
/** The lifetime of a token by the API's and the client's setting, as the answer and as the token say it. */
const lifetimeOf = async (api: number | undefined, client: number | undefined) => {
  count += 1
  const audience = `https://api-${count}.example.com`
  await credence.createApi({ audience, scopes: ['x'], ...(api !== undefined && { token_ttl_seconds: api }) })
  const made = await credence.createClient({
    client_id: `client-${count}`,
    grants: [{ audience, scopes: ['x'] }],
    ...(client !== undefined && { token_ttl_seconds: client }),
  })
  const answer = await askToken(credence, made)
  assert.equal(answer.status, 200, answer.body)
  const { exp = 0, iat = 0 } = decodeJwt(String(jsonOf(answer).access_token))
  assert.equal(jsonOf(answer).expires_in, exp - iat)
  return exp - iat
}

test('a token lives 600 seconds unless something else is set', async () => {
  assert.equal(await lifetimeOf(undefined, undefined), 600)
})

test('an API may set 60 to 3600 seconds', async () => {
  assert.equal(await lifetimeOf(60, undefined), 60)
  assert.equal(await lifetimeOf(3600, undefined), 3600)
})

test('a client may be given less than the API, and never more', async () => {
  assert.equal(await lifetimeOf(1800, 300), 300)
  assert.equal(await lifetimeOf(300, 1800), 300)
})

test('what is outside 60 to 3600, or no whole number, is refused by the management API', async () => {
  for (const ttl of ['59', '3601', '0', '-600', '600.5', '"600"', 'null', '1e999', 'true', '[600]']) {
    const answer = await sendHttp(credence.socket, {
      method: 'POST',
      path: '/admin/v1/apis',
      headers: { 'content-type': 'application/json' },
      body: `{"audience":"https://refused.example.com","scopes":["x"],"token_ttl_seconds":${ttl}}`,
    })
    assert.equal(answer.status, 400, `${ttl}: ${answer.body}`)
  }
})

test('a change of the API counts from the next token on', async () => {
  const audience = 'https://changing.example.com'
  await credence.createApi({ audience, scopes: ['x'] })
  const client = await credence.createClient({ client_id: 'changing', grants: [{ audience, scopes: ['x'] }] })
  assert.equal(jsonOf(await askToken(credence, client)).expires_in, 600)
  await credence.manage('PATCH', `/apis/${encodeURIComponent(audience)}`, { token_ttl_seconds: 120 })
  assert.equal(jsonOf(await askToken(credence, client)).expires_in, 120)
})
