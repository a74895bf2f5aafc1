import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { createGuardedFetch, maxDocumentBytes } from './guarded_fetch.ts'

const servers: ReturnType<typeof createServer>[] = []

/** A server on loopback; returns its origin. */
const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

after(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

const json = { 'content-type': 'application/json' }
const fetchLocal = createGuardedFetch({ reach: 'loopback' })

describe('createGuardedFetch', () => {
  it('reads a JSON document and its max-age', async () => {
    for (const [type, cacheControl, maxAgeSeconds] of [
      ['application/json', 'public, max-age=900', 900],
      ['application/jwk-set+json; charset=utf-8', 'Max-Age="60"', 60],
      ['application/json;charset=utf-8', 'no-store', 0],
      ['application/json', 'no-cache, max-age=900', 0],
      ['application/json', '', undefined],
    ] as const) {
      const origin = await serve((_, response) =>
        response.writeHead(200, { 'content-type': type, 'cache-control': cacheControl }).end('{"keys":[]}'),
      )
      assert.deepEqual(await fetchLocal(`${origin}/keys`), { document: { keys: [] }, maxAgeSeconds })
    }
  })

  it('K3: an endless answer is cut at 64 KB', async () => {
    let sent = 0
    let isCut = false
    const origin = await serve((_, response) => {
      response.writeHead(200, json)
      const chunk = Buffer.alloc(16_384, 0x20)
      const more = () => {
        while (!isCut && sent < 100_000_000 && response.write(chunk)) sent += chunk.length
      }
      response.on('drain', more).on('close', () => {
        isCut = true
      })
      more()
    })
    await assert.rejects(fetchLocal(origin), /more than 65536 bytes/)
    assert.ok(sent < 100_000_000)
  })

  it('K3: 64 KB are read', async () => {
    const origin = await serve((_, response) => response.writeHead(200, json).end('{}'.padEnd(maxDocumentBytes)))
    assert.deepEqual((await fetchLocal(origin)).document, {})
  })

  it('K3: an answer that hangs, before or within its body, is given up', async () => {
    const fetchBriefly = createGuardedFetch({ reach: 'loopback', timeoutMs: 50 })
    const silent = await serve(() => {})
    await assert.rejects(fetchBriefly(silent), /no complete answer within 50 ms/)
    const halting = await serve((_, response) => response.writeHead(200, json).write('{"keys":'))
    await assert.rejects(fetchBriefly(halting), /no complete answer within 50 ms/)
  })

  it('K3, K4: a redirect is not followed', async () => {
    let reached = 0
    const target = await serve((_, response) => {
      reached++
      response.writeHead(200, json).end('{}')
    })
    for (const status of [301, 302, 303, 307, 308]) {
      const origin = await serve((_, response) => response.writeHead(status, { ...json, location: target }).end('{}'))
      await assert.rejects(fetchLocal(origin), new RegExp(`status ${status}; redirects are not followed`))
    }
    assert.equal(reached, 0)
  })

  it('K3: another status or content type than JSON is refused', async () => {
    for (const status of [204, 404, 500]) {
      const origin = await serve((_, response) => response.writeHead(status, json).end())
      await assert.rejects(fetchLocal(origin), new RegExp(`status ${status}`))
    }
    for (const type of ['text/html', 'text/plain', '', 'application/jsonp', 'application/javascript']) {
      const origin = await serve((_, response) => response.writeHead(200, { 'content-type': type }).end('{}'))
      await assert.rejects(fetchLocal(origin), /content type/)
    }
  })

  it('K3: what is not strict JSON is refused', async () => {
    for (const body of ['', '<html>', '{"keys":[],"keys":[]}', '[]']) {
      const origin = await serve((_, response) => response.writeHead(200, json).end(body))
      await assert.rejects(fetchLocal(origin), Error)
    }
  })

  it('K4: loopback and private addresses are refused without a connection', async () => {
    let reached = 0
    const origin = await serve((_, response) => {
      reached++
      response.writeHead(200, json).end('{}')
    })
    const { port } = new URL(origin)
    const fetchPublic = createGuardedFetch({ reach: 'public' })
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '2130706433', 'localhost']) {
      await assert.rejects(fetchPublic(`http://${host}:${port}/`), /private or special address/)
    }
    for (const host of ['169.254.169.254', '10.0.0.1', '[fd00::1]']) {
      await assert.rejects(fetchLocal(`https://${host}/`), /private or special address/)
    }
    assert.equal(reached, 0)
  })

  it('K4: a name that resolves to a private address is refused', async () => {
    const fetchDocument = createGuardedFetch({
      reach: 'public',
      resolveName: (_, callback) => callback(null, [{ address: '169.254.169.254', family: 4 }]),
    })
    await assert.rejects(
      fetchDocument('https://keys.example.com/'),
      /keys\.example\.com \(169\.254\.169\.254\) is a private/,
    )
  })

  it('K4: a name that changes between check and connect is resolved once, and that address is connected to', async () => {
    let resolved = 0
    const origin = await serve((_, response) => response.writeHead(200, json).end('{}'))
    const fetchDocument = createGuardedFetch({
      reach: 'loopback',
      resolveName: (_, callback) =>
        callback(null, [{ address: ++resolved === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]),
    })
    const url = `http://rebinding.localhost:${new URL(origin).port}/`
    await fetchDocument(url)
    assert.equal(resolved, 1)
    await assert.rejects(fetchDocument(url), /169\.254\.169\.254/)
  })

  it('a failure names the URL without its query, and why', async () => {
    const closed = await serve(() => {})
    servers.at(-1)?.close()
    await assert.rejects(fetchLocal(`${closed}/keys?secret=canary`), (error: Error) => {
      assert.match(error.message, /^http:\/\/127\.0\.0\.1:\d+\/keys: .*ECONNREFUSED/)
      assert.doesNotMatch(error.message, /canary/)
      return true
    })
    await assert.rejects(fetchLocal('not a url'), /not a URL/)
  })
})
