import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request as startRequest } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { systemClock } from '@credence/protocol'
import { type MadeCertificate, makeAuthority, makeCertificate } from '../client_auth/testing/make_certificate.ts'
import { createLogger } from '../logging/create_logger.ts'
import { createClientCertificates } from './client_certificate.ts'
import { listen, type RequestHandler } from './http_server.ts'
import { openTlsFiles } from './tls_listener_files.ts'

const names = [{ tag: 7, value: Buffer.from([127, 0, 0, 1]) }] as const
const makeServer = (subject: string) => makeCertificate({ subject, names })

const start = async (serve: RequestHandler, options: { readonly handshakeTimeoutMs?: number } = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'credence-tls-'))
  const [certificate, key, ca] = ['cert', 'key', 'ca'].map((name) => join(folder, name)) as [string, string, string]
  const write = async (pair: { readonly cert: string; readonly key: string }, authority: MadeCertificate) => {
    await writeFile(certificate, pair.cert)
    await writeFile(key, pair.key)
    await writeFile(ca, authority.cert)
  }
  const first = makeServer('first')
  const authority = makeAuthority('authority')
  await write(first, authority)
  const lines: string[] = []
  const logger = createLogger('info', { write: (line: string) => lines.push(line) })
  const files = openTlsFiles({ pair: { certificate, key }, clientAuthorities: ca }, { clock: systemClock, logger })
  assert.ok(files.material)
  const certificates = createClientCertificates({
    ...{ authorities: files.authorities, proxies: undefined, header: undefined, clock: systemClock, logger },
  })
  const server = await listen(
    { host: '127.0.0.1', port: 0 },
    { files, material: files.material, certificates, ...options },
  )
  server.serve((request, response) => {
    response.setHeader('trusted', String(certificates.read(request)?.isTrusted))
    serve(request, response)
  })
  after(async () => {
    files.stop()
    await server.drain(0)
    await rm(folder, { recursive: true })
  })
  return { server, port: Number(server.port), first, authority, write, reload: files.reload, lines }
}

const ask = async (port: number, options: { readonly agent: Agent; readonly path?: string }) => {
  const request = startRequest({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
  request.end()
  const [response] = await once(request, 'response')
  const subject = (response.socket as TLSSocket).getPeerCertificate().subject.CN
  let body = ''
  for await (const part of response) body += part
  return { subject, body, trusted: response.headers.trusted, reused: request.reusedSocket }
}

test('new files: what is under way goes on, connections are kept, new ones see the new certificate', async () => {
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>()
  const { promise: isUnderWay, resolve: underWay } = Promise.withResolvers<void>()
  const { port, authority, write, reload, lines } = await start(async ({ url }, response) => {
    response.write('begun ')
    if (url === '/slow') {
      underWay()
      await mayEnd
    }
    response.end('ended')
  })
  const kept = new Agent({ keepAlive: true, maxSockets: 1 })
  const other = new Agent({ keepAlive: true })
  after(() => [kept, other].map((agent) => agent.destroy()))
  const slow = ask(port, { agent: other, path: '/slow' })
  await isUnderWay
  assert.equal((await ask(port, { agent: kept })).subject, 'first')

  await write(makeServer('second'), authority)
  await reload()
  assert.equal((await ask(port, { agent: kept })).subject, 'first', 'the connection of before')
  assert.equal((await ask(port, { agent: new Agent() })).subject, 'second')

  const { cert } = makeServer('third')
  await write({ cert, key: makeServer('another').key }, authority)
  await reload()
  await reload()
  assert.equal((await ask(port, { agent: new Agent() })).subject, 'second', 'certificate and key of different pairs')
  await write({ cert: 'no certificate', key: '' }, authority)
  await reload()
  assert.equal((await ask(port, { agent: new Agent() })).subject, 'second')
  assert.equal(lines.filter((line) => line.includes('cannot be used; those of before stay')).length, 2)
  assert.ok(lines.every((line) => !line.includes('PRIVATE')))

  end()
  assert.equal((await slow).body, 'begun ended')
})

test('RFC 8705 §2.1: new authorities hold for connections that are there already', async () => {
  const { port, first, authority, write, reload } = await start((_request, response) => void response.end())
  const between = makeAuthority('between', { issuer: authority })
  const client = makeCertificate({ subject: 'client', issuer: between })
  const cert = `${client.cert}${between.cert}`
  const agent = new Agent({ keepAlive: true, maxSockets: 1, cert, key: client.key })
  after(() => agent.destroy())
  const before = await ask(port, { agent })
  assert.equal(before.trusted, 'true')
  const another = makeAuthority('authority')
  const both = { ...another, cert: `${authority.cert}${another.cert}` }
  await write(first, both)
  await reload()
  assert.deepEqual(await ask(port, { agent }), { ...before, reused: true }, 'one more')
  await write(first, another)
  await reload()
  assert.deepEqual(await ask(port, { agent }), { ...before, reused: true, trusted: 'false' }, 'one less')
  await write(first, both)
  await reload()
  assert.deepEqual(await ask(port, { agent }), { ...before, reused: false }, 'a connection that is made anew')
})

test('RFC 9325 §3.1.1: TLS 1.2 and 1.3, nothing before', async () => {
  const { port } = await start((_request, response) => void response.end())
  const handshake = async (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') => {
    const socket = connect({
      ...{ port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: version, maxVersion: version },
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    await once(socket, 'secureConnect')
    socket.destroy()
  }
  await assert.rejects(handshake('TLSv1.1'))
  await handshake('TLSv1.2')
  await handshake('TLSv1.3')
})

test('D21: a handshake that does not come, or comes too slowly, is closed', async () => {
  const { port } = await start((_request, response) => void response.end(), { handshakeTimeoutMs: 50 })
  const silent = connectTcp({ port, host: '127.0.0.1' })
  const slow = connectTcp({ port, host: '127.0.0.1' })
  slow.on('error', () => undefined)
  // a ClientHello that promises more than it brings
  slow.write(Buffer.from('16030100c8010000c40303', 'hex'))
  const dripping = setInterval(() => slow.write(Buffer.from([0])), 10)
  await Promise.all([once(silent, 'close'), once(slow, 'close')])
  clearInterval(dripping)
})

test('D21: a drain does not wait for handshakes that do not come', { timeout: 5_000 }, async () => {
  const { server, port } = await start((_request, response) => void response.end(), { handshakeTimeoutMs: 60_000 })
  const silent = connectTcp({ port, host: '127.0.0.1' })
  await once(silent, 'connect')
  const closed = once(silent, 'close')
  // a connection that the server has accepted before it is asked to drain
  await ask(port, { agent: new Agent() })
  await server.drain(60_000)
  await closed
})
