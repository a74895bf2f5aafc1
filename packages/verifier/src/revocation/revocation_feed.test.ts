import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { type RevocationFeedOptions, revocationFeed } from './revocation_feed.ts'
import type { RevocableToken } from './revocation_source.ts'

const page = (cursor: string, revoked: readonly object[] = []) => JSON.stringify({ cursor, revoked, cutoffs: [] })

/** A server on loopback whose answers are the test's. */
const serve = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const credentials = { clientId: 'orders api', clientSecret: 'a+b' }

const tokenOf = (iss: string): RevocableToken => {
  return { iss, jti: 't1', clientId: 'job', credentialId: undefined, aud: 'orders', iat: 1_800_000_000 }
}

/** A feed that has made its first attempt, and ends with the test. */
const follow = async (issuer: string, options: Partial<RevocationFeedOptions> = {}) => {
  const { clientId, clientSecret, ...others } = { ...credentials, ...options }
  const feed = revocationFeed({
    issuer,
    ...(options.authorization === undefined && { clientId, clientSecret }),
    ...others,
  })
  feed.start()
  await feed.isRevoked(tokenOf(issuer))
  return feed
}

const until = async (holds: () => boolean) => {
  const deadline = performance.now() + 10_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never came to that')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Runs a program to its end; one that does not end by itself is killed, and has no exit code. */
const run = (program: string) =>
  new Promise<{
    readonly status: number | string | null | undefined
    readonly stdout: string
    readonly stderr: string
  }>((resolve) => {
    const args = ['--conditions=@credence/source', '--input-type=module-typescript', '--eval', program]
    execFile(process.execPath, args, { timeout: 20_000, cwd: import.meta.dirname }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : error.code, stdout, stderr }),
    )
  })

const json = { 'content-type': 'application/json' }

describe('revocationFeed', () => {
  it('RFC 6749 §2.3.1: authenticates with id and secret, form-encoded, and asks with the cursor it was given', async () => {
    const asked: (string | undefined)[] = []
    const exp = Math.floor(Date.now() / 1000) + 600
    const issuer = await serve(({ url, headers }, response) => {
      asked.push(url, headers.authorization, headers.accept)
      const isFirst = !url?.includes('since')
      response.writeHead(200, json).end(page('1.x', isFirst ? [{ iss: issuer, jti: 't1', exp }] : []))
    })
    const feed = await follow(issuer)
    assert.equal(await feed.isRevoked(tokenOf(issuer)), true)
    assert.equal(feed.isRevoked(tokenOf('https://other.example.com')), false)
    feed.close()
    const header = `Basic ${Buffer.from('orders+api:a%2Bb').toString('base64')}`
    assert.deepEqual(asked.slice(0, 6), [
      '/oauth/revocations',
      header,
      'application/json',
      '/oauth/revocations?since=1.x',
      header,
      'application/json',
    ])
  })

  it('authorization may be an access token or a whole header, and a secret may be asked for each time', async () => {
    const seen: (string | undefined)[] = []
    const issuer = await serve(({ headers }, response) => {
      seen.push(headers.authorization)
      response.writeHead(200, json).end(page('1.x'))
    })
    for (const options of [
      { authorization: () => 'token' },
      { authorization: async () => 'DPoP token' },
      { clientId: 'a', clientSecret: async () => 'b' },
    ])
      (await follow(issuer, options)).close()
    assert.deepEqual(new Set(seen), new Set(['Bearer token', 'DPoP token', 'Basic YTpi']))
  })

  it('what is no feed is refused with a reason that holds no secret: redirects, other types, pages too large, cut or wrong', async () => {
    for (const [answer, reason] of [
      [[302, { location: 'https://example.com/' }, ''], /status 302/],
      [[401, json, '{}'], /status 401: the credentials/],
      [[403, json, '{}'], /status 403: the client must serve/],
      [[200, { 'content-type': 'text/html' }, '<p>'], /not application\/json/],
      [[200, json, ' '.repeat(300)], /more than 200 bytes/],
      [[200, { ...json, 'content-length': '100' }, '{'], /ECONNRESET|broke off|connection failed/],
      [[200, json, '{"cursor":'], /not JSON/],
      [[200, json, '{"cursor":"a b","revoked":[],"cutoffs":[]}'], /no revocation document: cursor/],
      [[200, json, '{"cursor":"a","revoked":[{"iss":"i","jti":"secret"}],"cutoffs":[]}'], /document: exp/],
      [[200, json, '{"cursor":"a","revoked":[],"cutoffs":[{"iss":"i"}]}'], /document: issued_before/],
    ] as const) {
      const [status, headers, body] = answer
      const issuer = await serve((_, response) => {
        response.writeHead(status, headers)
        if ('content-length' in headers) response.write(body, () => response.destroy())
        else response.end(body)
      })
      const feed = await follow(issuer, { bounds: { pageBytes: 200 } })
      const { state, fault } = feed.status()
      feed.close()
      assert.equal(state, 'away')
      assert.match(fault ?? '', reason)
      assert.doesNotMatch(fault ?? '', /a\+b|a%2Bb|YTpi|"secret"/)
    }
  })

  it('credentials that cannot be had say nothing of what went wrong inside, and those that never come are not waited for', async () => {
    const issuer = await serve((_, response) => response.writeHead(200, json).end(page('1.x')))
    const failing = await follow(issuer, { authorization: () => Promise.reject(new Error('secret')) })
    assert.match(failing.status().fault ?? '', /no credentials .*: connection failed$/)
    failing.close()
    const hanging = await follow(issuer, { authorization: () => new Promise(() => {}), bounds: { pageMs: 20 } })
    assert.match(hanging.status().fault ?? '', /no complete answer within 20 ms/)
    hanging.close()
  })

  it('a stream that sends nothing, or nothing more, is dropped, and the feed polled meanwhile', async () => {
    for (const first of ['', `event: revocation\ndata: ${page('1.x')}\n\n`]) {
      let polls = 0
      const issuer = await serve(({ headers }, response) => {
        if (headers.accept === 'application/json') {
          polls++
          return response.writeHead(200, json).end(page('1.x'))
        }
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
        response.write(first)
      })
      const feed = await follow(issuer, {
        pollSeconds: 1,
        bounds: { firstEventMs: first === '' ? 50 : 5_000, silentMs: 50 },
      })
      const reason = first === '' ? /no event within 50 ms/ : /silent for 50 ms/
      await until(() => reason.test(feed.status().fault ?? ''))
      await until(() => polls >= 2)
      feed.close()
    }
  })

  it('onUnavailable: never reached means accepted, unless it is to refuse; what is denied stays denied', async () => {
    const issuer = 'http://127.0.0.1:9'
    const accepting = await follow(issuer)
    assert.equal(accepting.isRevoked(tokenOf(issuer)), false)
    accepting.close()
    const refusing = revocationFeed({ issuer, ...credentials, onUnavailable: 'refuse' })
    refusing.start()
    await assert.rejects(async () => refusing.isRevoked(tokenOf(issuer)), /ECONNREFUSED/)
    assert.throws(() => refusing.isRevoked(tokenOf(issuer)), /ECONNREFUSED/)
    assert.equal(refusing.isRevoked(tokenOf('https://other.example.com')), false)
    refusing.close()
  })

  it('onUnavailable: refuse counts from when the feed was last heard', async () => {
    let epochSeconds = 1_800_000_000
    const clock = { epochSeconds: () => epochSeconds, monotonicMs: () => epochSeconds * 1000 }
    const issuer = await serve((_, response) => response.writeHead(200, json).end(page('1.x')))
    const feed = await follow(issuer, { onUnavailable: 'refuse', maxStaleSeconds: 60, pollSeconds: 300, clock })
    assert.equal(feed.isRevoked(tokenOf(issuer)), false)
    epochSeconds += 60
    assert.equal(feed.isRevoked(tokenOf(issuer)), false)
    epochSeconds += 1
    assert.throws(() => feed.isRevoked(tokenOf(issuer)))
    assert.equal(feed.status().stale, true)
    feed.close()
  })

  it('options that cannot be right are refused when it is created', () => {
    const issuer = 'https://auth.example.com'
    for (const wrong of [
      { issuer: 'auth.example.com' },
      { issuer: 'http://auth.example.com' },
      { issuer: `${issuer}?a` },
      { url: 'ftp://auth.example.com' },
      { url: 'https://a:b@auth.example.com/' },
      { clientSecret: undefined },
      { authorization: () => 'x' },
      { onUnavailable: 'maybe' },
      { maxStaleSeconds: 1 },
      { pollSeconds: 0 },
      { maxEntries: 0 },
    ]) {
      const options = { issuer, ...credentials, ...wrong } as RevocationFeedOptions
      assert.throws(() => revocationFeed(options), /^(?:Type|Range)Error/, JSON.stringify(wrong))
    }
  })

  it('keeps no process alive: not with a stream open, not while it is away', async () => {
    const issuer = await serve(({ headers }, response) => {
      if (headers.accept === 'application/json') return response.writeHead(200, json).end(page('1.x'))
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`event: revocation\ndata: ${page('1.x')}\n\n`)
    })
    for (const [at, state] of [
      [issuer, 'connected'],
      ['http://127.0.0.1:9', 'away'],
    ] as const) {
      const program = `
        import { setTimeout } from 'node:timers/promises'
        import { revocationFeed } from ${JSON.stringify(import.meta.resolve('./revocation_feed.ts'))}
        const feed = revocationFeed({ issuer: '${at}', clientId: 'a', clientSecret: 'b' })
        feed.start()
        while (feed.status().state !== '${state}') await setTimeout(5)
        process.stdout.write(feed.status().state)`
      const { status, stdout, stderr } = await run(program)
      assert.equal(`${status} ${stdout} ${stderr}`, `0 ${state} `)
    }
  })
})
