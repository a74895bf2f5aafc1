import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { after, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { createMtlsFetch } from '@credence/client/node'
import { makeCertificate } from './certificates.ts'

const [own, client] = await Promise.all(['server', 'client'].map(makeCertificate))
assert.ok(own && client)

/** An API that asks for certificates and says what it got. */
const server = createServer({ ...own, requestCert: true, rejectUnauthorized: false }, async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  if (request.url === '/away') return void response.writeHead(302, { location: '/orders' }).end()
  if (request.url === '/nothing') return void response.writeHead(204).end()
  if (request.url === '/slow') return
  const certificate = request.socket instanceof TLSSocket ? request.socket.getPeerCertificate().fingerprint256 : ''
  response.setHeader('set-cookie', ['a=1', 'b=2'])
  response.end(JSON.stringify({ certificate, method: request.method, body: Buffer.concat(chunks).toString() }))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => {
  server.closeAllConnections()
  server.close()
})
const address = server.address()
const url = `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
const mtlsFetch = createMtlsFetch({ ...client, ca: own.cert })
const { fingerprint256: certificate } = new X509Certificate(client.cert)

test('RFC 8705 §3: the certificate goes with requests to an API, whatever their body', async () => {
  const large = 'x'.repeat(500_000)
  const stream = new Blob([large]).stream()
  const sent: readonly RequestInit[] = [
    { body: 'text' },
    { body: new URLSearchParams({ a: 'b' }) },
    { body: stream, duplex: 'half' },
  ]
  const expected = ['text', 'a=b', large]
  for (const [index, init] of sent.entries()) {
    const answer = await mtlsFetch(new Request(`${url}/orders`, { method: 'POST', ...init }))
    assert.deepEqual(await answer.json(), { certificate, method: 'POST', body: expected[index] })
  }
  const got = await mtlsFetch(`${url}/orders`)
  assert.deepEqual(await got.json(), { certificate, method: 'GET', body: '' })
  assert.deepEqual(got.headers.getSetCookie(), ['a=1', 'b=2'])
})

test('C3: a redirect is returned and never followed; an answer without a body; a signal that fires', async () => {
  const away = await mtlsFetch(`${url}/away`)
  assert.deepEqual([away.status, away.headers.get('location')], [302, '/orders'])
  assert.equal((await mtlsFetch(`${url}/nothing`)).status, 204)
  const signal = AbortSignal.timeout(50)
  await assert.rejects(mtlsFetch(`${url}/slow`, { signal }))
})

test('a server that is not trusted gets no request', async () => {
  await assert.rejects(createMtlsFetch(client)(`${url}/orders`), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})
