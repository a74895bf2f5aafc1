import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { sendHttp } from '../support/http.ts'
import { askToken, basic, callTokenEndpoint } from '../support/token.ts'

const credence = await startCredence({ args: ['--log-level', 'debug'] })
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['x'] })
const job = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['x'] }] })

const forged = '{"level":60,"msg":"forged"}'
const hostile: Readonly<Record<string, string>> = {
  'CR LF': `x\r\n${forged}\r\n`,
  LF: `x\n${forged}\n`,
  CR: `x\r${forged}`,
  NUL: `x\0${forged}`,
  ESC: `x\u001b[2J\u001b]0;forged\u0007`,
  'C1 controls': 'x\u0085\u009b31mforged',
  'a line separator': `x\u2028${forged}`,
  'a right-to-left override': 'x\u202egpj.exe',
}
/** Control characters but LF, and what breaks lines or turns text around. */
const rawControl = /[^\P{Cc}\n]|[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

const sendRaw = async (text: string) => {
  const { hostname, port } = new URL(credence.public.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.end(Buffer.from(text, 'latin1'))
  socket.resume()
  await once(socket, 'close')
}

for (const [title, text] of Object.entries(hostile)) {
  test(`A12: ${title} in a client name or a label is refused by the management API`, async () => {
    const refused = [
      await credence.manage('POST', '/clients', { client_id: 'named', client_name: text }),
      await credence.manage('POST', '/clients', { client_id: 'named', credential: { label: text } }),
      await credence.manage('POST', '/clients', { client_id: text }),
      await credence.manage('PATCH', '/clients/job', { client_name: text }),
      await credence.manage('POST', '/clients/job/credentials', { label: text }),
      await credence.manage('POST', '/apis', { audience: text, scopes: ['x'] }),
      await credence.manage('POST', '/apis', { audience: 'urn:x', scopes: [text] }),
    ]
    for (const { status, body } of refused) {
      assert.equal(status, 400, body)
      assert.ok(!rawControl.test(body), JSON.stringify(body))
    }
  })

  test(`A12: ${title} in every part of a request that a log could repeat`, async () => {
    const encoded = encodeURIComponent(text)
    await callTokenEndpoint(credence, { headers: { authorization: basic(text, job.client_secret) } })
    await callTokenEndpoint(credence, { form: { client_id: text, client_secret: job.client_secret } })
    await callTokenEndpoint(credence, { headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` } })
    for (const parameter of ['scope', 'resource', 'audience', 'grant_type', text])
      await askToken(credence, job, { [parameter]: text })
    await sendHttp(credence.public, { path: `/${encoded}` })
    await credence.manage('GET', `/clients/${encoded}`)
    await credence.manage('GET', `/clients?cursor=${encoded}`)
    await sendHttp(credence.management, { path: `/admin/v1/apis/${encoded}` })
    await sendHttp(credence.management, { path: '/metrics', headers: { authorization: `Bearer ${encoded}` } })
    for (const name of ['X-Request-Id', 'traceparent', 'User-Agent'])
      await sendRaw(
        `POST /oauth/token HTTP/1.1\r\nHost: x\r\nAuthorization: Basic eDp5\r\n${name}: ${text}\r\nConnection: close\r\n` +
          'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n\r\ngrant_type=client_credentials',
      )
    await sendRaw(`GET /${text} HTTP/1.1\r\nHost: x\r\nUser-Agent: ${text}\r\nX-Request-Id: ${text}\r\n\r\n`)
    await sendRaw(
      `POST /oauth/token HTTP/1.1\r\nHost: ${text}\r\nAuthorization: Basic ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
  })
}

test('A12: control characters reach no log line raw: one event is one line of JSON, and none is forged', async () => {
  await credence.stop()
  const lines = credence
    .output()
    .split('\n')
    .filter((line) => line !== '')
  // each hostile client id above belongs to a refusal that is logged
  assert.ok(
    lines.filter((line) => line.includes('client authentication failed')).length >= 2 * Object.keys(hostile).length,
  )
  for (const line of lines) {
    assert.ok(!rawControl.test(line), JSON.stringify(line))
    assert.notEqual(JSON.parse(line).msg, 'forged')
  }
})
