import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startServerInProcess } from '../rotation/server_in_process.ts'
import type { TestClient } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { introspect, revoke } from '../support/introspection.ts'
import { askToken } from '../support/token.ts'

const server = await startServerInProcess()
after(server.dispose)
const audiences = { jwt: 'https://orders.example.com', opaque: 'https://sealed.example.com' }
for (const [format, audience] of Object.entries(audiences)) {
  await server.manageJson('POST', '/apis', { audience, scopes: ['read'], token_format: format })
}
const grants = Object.values(audiences).map((audience) => ({ audience, scopes: ['read'] }))
const job = (await server.manageJson('POST', '/clients', { client_id: 'job', grants })) as unknown as TestClient

test('RFC 7662 §2.2: a token is inactive from its exp on, without any tolerance, and revoking it is 200', async () => {
  const tokens: string[] = []
  for (const audience of Object.values(audiences)) {
    tokens.push(String(jsonOf(await askToken(server, job, { audience })).access_token))
  }
  server.clock.advance(590)
  for (const token of tokens) assert.equal((await introspect(server, job, token)).active, true)
  server.clock.advance(10)
  for (const token of tokens) {
    assert.deepEqual(await introspect(server, job, token), { active: false })
    assert.equal((await revoke(server, job, token)).status, 200)
  }
})
