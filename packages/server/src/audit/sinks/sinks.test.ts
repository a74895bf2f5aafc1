import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, test } from 'node:test'
import { systemClock } from '@credence/protocol'
import { openStorage } from '@credence/storage'
import { createAuditLog } from '../audit_log.ts'
import { createAuditKey } from '../audit_seal.ts'
import { createFileSink } from './file.ts'
import { parseSinks, type Sink, type SinkLine, sinkName } from './sink.ts'
import { createSinkFollower } from './sink_follower.ts'
import { createStdoutSink } from './stdout.ts'
import { createSyslogSink, formatSyslog } from './syslog.ts'
import { createWebhookSink, signatureHeader } from './webhook.ts'

const folder = mkdtempSync(join(tmpdir(), 'credence-sinks-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const line: SinkLine = { json: '{"seq":1}', at: 1_800_000_000, action: 'client.update', refused: false }
const never = new AbortController().signal
const event = { action: 'client.update', subject: 'clients/job', actor: 'local', outcome: 'done', details: {} } as const

/** A log with a follower to a sink of which a test says what it does. */
const follow = async (name: string, sink: Sink, timeoutMs = 5_000) => {
  const storage = await openStorage({ database: { kind: 'sqlite', file: join(folder, `${name}.db`) } })
  const log = createAuditLog({ storage, seal: createAuditKey(Buffer.alloc(32, 7)), clock: systemClock })
  const time = { ms: 0 }
  const clock = { epochSeconds: () => 1_800_000_000 + time.ms / 1000, monotonicMs: () => time.ms }
  const failures: unknown[] = []
  const onFailure = (error: unknown) => void failures.push(error)
  const open = () => createSinkFollower({ name, sink, storage, clock, onFailure, timeoutMs })
  const follower = open()
  await follower.begin()
  return { storage, log, follower, open, time, failures }
}

const createMemorySink = () => {
  const taken: string[] = []
  const sink: Sink = {
    deliver: async (lines) => void taken.push(...lines.map(({ json }) => json)),
    close: () => undefined,
  }
  return { sink, taken, seqs: () => taken.map((json) => JSON.parse(json).seq as number | undefined) }
}

test('a sink gets every record once and in order, also what comes in many batches, and goes on where it was', async () => {
  const { sink, seqs } = createMemorySink()
  const { log, follower, open, storage } = await follow('every', sink)
  await log.record(Array.from({ length: 250 }, () => event))
  await follower.run()
  await follower.close()
  await log.record([event, event])
  const next = open()
  await next.run()
  assert.deepEqual(
    seqs(),
    Array.from({ length: 252 }, (_, index) => index + 1),
  )
  await next.close()
  await storage.close()
})

test('a sink that blocks holds up itself and nothing else, in the memory of one batch, and loses nothing', async () => {
  const memory = createMemorySink()
  let blocked = true
  let mostLines = 0
  const sink: Sink = {
    ...memory.sink,
    deliver: (lines, signal) => {
      mostLines = Math.max(mostLines, lines.length)
      return blocked ? new Promise(() => undefined) : memory.sink.deliver(lines, signal)
    },
  }
  const { log, follower, storage, time, failures } = await follow('blocking', sink, 20)
  for (let round = 0; round < 5; round++) {
    const running = follower.run()
    await log.record(Array.from({ length: 300 }, () => event))
    await running
    time.ms += 100_000
  }
  assert.ok(failures.length >= 4, 'it is said each time')
  assert.ok(mostLines <= 100)
  assert.deepEqual(memory.taken, [])
  blocked = false
  await follower.run()
  assert.equal(new Set(memory.seqs()).size, 1_500)
  await follower.close()
  await storage.close()
})

test('a sink that fails is left alone for longer and longer', async () => {
  let tries = 0
  const sink: Sink = {
    deliver: async () => {
      tries++
      throw new Error('refused')
    },
    close: () => undefined,
  }
  const { log, follower, storage, time } = await follow('failing', sink)
  await log.record([event])
  for (const [ms, expected] of [
    [0, 1],
    [999, 1],
    [1_000, 2],
    [5_999, 2],
    [6_000, 3],
    [21_000, 4],
    [81_000, 5],
  ] as const) {
    time.ms = ms
    await follower.run()
    assert.equal(tries, expected, `at ${ms} ms`)
  }
  await follower.close()
  await storage.close()
})

test('of two processes one sends, and the other takes over when the first is gone', async () => {
  const { sink, seqs } = createMemorySink()
  const { log, follower, open, storage, time } = await follow('two', sink)
  const second = open()
  await second.begin()
  await log.record([event])
  await second.run()
  assert.deepEqual(seqs(), [])
  await follower.run()
  assert.deepEqual(seqs(), [1])
  await log.record([event])
  time.ms = 61_000
  await second.run()
  assert.deepEqual(seqs(), [1, 2])
  await second.close()
  await follower.close()
  await storage.close()
})

test('what was pruned before a sink had it is a counted gap', async () => {
  const { sink, taken, seqs } = createMemorySink()
  const { log, follower, storage } = await follow('gap', sink)
  await log.record(Array.from({ length: 999 }, () => event))
  await log.record([event, event])
  await storage.auditEvents.prune(1_000)
  await follower.run()
  assert.equal(taken[0], '{"gap":{"from":1,"to":999,"count":999}}')
  assert.deepEqual(seqs().slice(1), [1_000, 1_001])
  await follower.close()
  await storage.close()
})

test('file: lines are appended to a private file, and one that was moved away is made anew', async () => {
  const path = join(folder, 'audit.jsonl')
  const sink = createFileSink(path)
  await sink.deliver([line, line], never)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  renameSync(path, `${path}.1`)
  await sink.deliver([line], never)
  assert.equal(readFileSync(`${path}.1`, 'utf8'), '{"seq":1}\n{"seq":1}\n')
  assert.equal(readFileSync(path, 'utf8'), '{"seq":1}\n')
})

test('stdout: nothing more is put into a stream that nobody reads', async () => {
  let writes = 0
  const stuck = new Writable({
    write: () => {
      writes++
    },
  })
  const sink = createStdoutSink(stuck)
  void sink.deliver([line], never)
  await assert.rejects(sink.deliver([line], never), /nobody reads/)
  assert.equal(writes, 1)
  assert.equal(stuck.writableLength, line.json.length + 1)
})

test('RFC 5424 §6: priority, version, time, host, program, process, action, no structured data, message', () => {
  assert.equal(
    formatSyslog(line, 'host\n1'),
    `<110>1 2027-01-15T08:00:00.000Z host_1 credence ${process.pid} client.update - {"seq":1}`,
  )
  assert.match(formatSyslog({ ...line, refused: true }, 'h'), /^<108>1 /)
})

test('RFC 5426: syslog over UDP, one datagram for each record', async () => {
  const receiver = createSocket('udp4')
  receiver.bind(0, '127.0.0.1')
  await once(receiver, 'listening')
  const sink = createSyslogSink({ kind: 'syslog', transport: 'udp', host: '127.0.0.1', port: receiver.address().port })
  const received = once(receiver, 'message')
  await sink.deliver([line], never)
  assert.equal(String((await received)[0]), formatSyslog(line))
  sink.close()
  receiver.close()
})

test('RFC 6587 §3.4.1: syslog over TCP counts octets, and connects again when the receiver was away', async () => {
  let text = ''
  let last: Socket | undefined
  const receiver = createTcpServer((socket) => {
    last = socket
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const { port } = receiver.address() as AddressInfo
  const sink = createSyslogSink({ kind: 'syslog', transport: 'tcp', host: '127.0.0.1', port })
  const frame = `${formatSyslog(line).length} ${formatSyslog(line)}`
  const until = async (length: number) => {
    while (text.length < length && last !== undefined) await once(last, 'data')
  }
  await sink.deliver([line, line], never)
  while (last === undefined) await once(receiver, 'connection')
  await until(2 * frame.length)
  last.destroy()
  await once(last, 'close')
  last = undefined
  // the first write after a cut is what finds out, or already the next connection
  for (let attempt = 0; attempt < 50 && text.length < 3 * frame.length; attempt++) {
    await sink.deliver([line], never).catch(() => undefined)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(text.startsWith(frame + frame + frame), text)
  sink.close()
  receiver.close()
})

test('webhook: lines by POST, signed with their time; what is not 2xx, and a redirect, is no delivery', async () => {
  const secret = 'a secret of more than thirty-two characters'
  const requests: { body: string; signature: unknown }[] = []
  let status = 204
  const receiver = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    requests.push({ body, signature: request.headers['credence-signature'] })
    response.writeHead(status, { location: '/elsewhere' }).end()
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/audit`
  const clock = { epochSeconds: () => 1_800_000_000, monotonicMs: () => 0 }
  const sink = createWebhookSink({ url, secret, clock })
  await sink.deliver([line, line], never)
  const [request] = requests
  assert.equal(request?.body, '{"seq":1}\n{"seq":1}\n')
  assert.equal(request?.signature, signatureHeader(request?.body ?? '', { secret, at: 1_800_000_000 }))
  assert.notEqual(request?.signature, signatureHeader('', { secret, at: 1_800_000_000 }))
  status = 500
  await assert.rejects(sink.deliver([line], never), /answered 500/)
  status = 302
  await assert.rejects(sink.deliver([line], never))
  assert.equal(requests.length, 3)
  receiver.closeAllConnections()
  receiver.close()
})

test('configuration: sinks are written as URLs, several with spaces; what may be secret in one is not in its name', () => {
  const text =
    'stdout file:/var/log/a.jsonl  syslog+udp://127.0.0.1:514 syslog+tls://[::1]:6514 https://siem.example.com/in?key=hunter2'
  assert.deepEqual(parseSinks(text).map(sinkName), [
    'stdout',
    'file:/var/log/a.jsonl',
    'syslog+udp://127.0.0.1:514',
    'syslog+tls://::1:6514',
    'https://siem.example.com/in',
  ])
  for (const wrong of ['file:', 'syslog://h:1', 'syslog+udp://h:70000', 'ftp://x', 'x'])
    assert.throws(() => parseSinks(wrong), /must be/, wrong)
  assert.throws(() => parseSinks('http://siem.example.com/'), /must be https/)
})
