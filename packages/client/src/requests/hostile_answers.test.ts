import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import type { TokenManagerOptions } from '../configuration.ts'
import { createGate, rejectsWith } from '../testing/expect.ts'
import { type Answer, startAuthorizationServer, startServer, tokenBody } from '../testing/fake_server.ts'
import { createFakeTime, timeoutMs } from '../testing/fake_time.ts'
import type { TokenErrorCode } from '../token_error.ts'
import { createTokenManager } from '../token_manager.ts'

const once: Omit<TokenManagerOptions, 'issuer'> = {
  clientId: 'a',
  clientSecret: 'cs_secret',
  retry: { maxAttempts: 1 },
}

/** Asks a server that answers this. */
const ask = async (answer: Answer | ((response: ServerResponse) => undefined)) => {
  await using server = await startAuthorizationServer((_received, _count, response) =>
    typeof answer === 'function' ? answer(response) : answer,
  )
  return await createTokenManager({ issuer: server.url, ...once }).getToken()
}

const refused = async (answer: Parameters<typeof ask>[0], code: TokenErrorCode, status?: number) => {
  const error = await rejectsWith(ask(answer), code)
  assert.equal(error.status, status)
  return error
}

/** A token whose JSON has this text as expires_in. */
const withExpiresIn = (text: string): Answer => ({
  headers: { 'content-type': 'application/json' },
  body: `{"access_token":"token-1","token_type":"Bearer","expires_in":${text}}`,
})

describe('C4: expires_in', () => {
  const lifetimeOf = async (answer: Answer) => Math.round((await ask(answer)).expiresAt - Date.now() / 1000)

  it('C4: missing → taken as 60 s', async () => {
    const seconds = await lifetimeOf({ body: { access_token: 'token-1', token_type: 'Bearer' } })
    assert.ok(seconds > 30 && seconds <= 60)
  })

  it('C4: "3600", decimal digits in a string → read as the number', async () => {
    const seconds = await lifetimeOf(withExpiresIn('"3600"'))
    assert.ok(seconds > 3570 && seconds <= 3600)
  })

  for (const text of [
    'null',
    '"abc"',
    '-1',
    '1e999',
    '0',
    '0.5',
    '1e300',
    '""',
    '"3600s"',
    '" 3600"',
    '"-1"',
    '"1e3"',
    '"0x10"',
    'true',
    '[3600]',
    '{}',
  ])
    it(`C4: ${text} → malformed_response`, async () => {
      await refused(withExpiresIn(text), 'malformed_response', 200)
    })
})

describe('C4: bodies', () => {
  it('C4: 200 with an error body → the error it names', async () => {
    const error = await refused({ body: { error: 'invalid_client', error_description: 'no' } }, 'invalid_client', 200)
    assert.match(error.message, /invalid_client: no$/)
  })

  it('C4: 200 with an error beside a token → no token', async () => {
    await refused({ body: { ...tokenBody('token-1'), error: 'invalid_scope' } }, 'invalid_scope', 200)
  })

  it('C4: HTML 502 → server_error', async () => {
    await refused({ status: 502, body: '<html>Bad Gateway</html>' }, 'server_error', 502)
  })

  for (const body of ['<html>Log in</html>', '', 'null', '[]', '"token"', '1', '{', '{"access_token":'])
    it(`C4: 200 with ${JSON.stringify(body)} → malformed_response`, async () => {
      await refused({ body }, 'malformed_response', 200)
    })

  it('C4: 10 MB body → refused while it streams, not read to its end', async () => {
    const closed = createGate()
    let written = 0
    const flood = (response: ServerResponse): undefined => {
      response.on('close', closed.open)
      response.writeHead(200, { 'content-type': 'application/json' })
      const chunk = Buffer.alloc(16_384, ' ')
      const pump = () => {
        while (written < 10_485_760 && !response.destroyed) {
          written += chunk.length
          if (!response.write(chunk)) return
        }
        response.end()
      }
      response.on('drain', pump)
      pump()
      return undefined
    }
    const error = await refused(flood, 'malformed_response')
    assert.match(error.message, /more than 65536 bytes/)
    await closed.opened
    assert.ok(written < 10_485_760, `${written} bytes were taken`)
  })

  it('C4: an endless body of a fetch that heeds no signal is let go', async () => {
    const letGo = createGate()
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(16_384)),
      cancel: letGo.open,
    })
    const issuer = 'https://as.example.com'
    const fetch = async () => new Response(endless)
    const tokens = createTokenManager({ issuer, tokenEndpoint: `${issuer}/token`, ...once, fetch })
    await rejectsWith(tokens.getToken(), 'malformed_response')
    await letGo.opened
  })

  it('C4: a compressed body counts by its unpacked size', async () => {
    const { gzipSync } = await import('node:zlib')
    const packed = gzipSync(Buffer.alloc(10_485_760, ' '))
    assert.ok(packed.length < 65_536)
    const error = await rejectsWith(
      ask((response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        response.end(packed)
        return undefined
      }),
      'malformed_response',
    )
    assert.match(error.message, /more than 65536 bytes/)
  })

  for (const access_token of [undefined, null, '', 1, {}, 'a b', 'a\r\nx-injected: 1', 'tökén', 'a\0', ' a'])
    it(`C4: access_token ${JSON.stringify(access_token)} → malformed_response`, async () => {
      await refused({ body: { ...tokenBody('x'), access_token } }, 'malformed_response', 200)
    })

  it('C4: a scope that is no string → malformed_response', async () => {
    await refused({ body: { ...tokenBody('x'), scope: ['a'] } }, 'malformed_response', 200)
  })
})

describe('C4: token_type', () => {
  for (const token_type of ['bearer', 'BEARER', 'BeArEr'])
    it(`RFC 6749 §5.1: ${token_type} is Bearer, in any case of letters`, async () => {
      assert.equal((await ask({ body: tokenBody('token-1', { token_type }) })).tokenType, 'Bearer')
    })

  for (const token_type of ['DPoP', 'mac', 'N_A', 'Bearer '])
    it(`C4: ${token_type} where Bearer was asked for → unsupported_token_type`, async () => {
      await refused({ body: tokenBody('token-1', { token_type }) }, 'unsupported_token_type')
    })

  for (const token_type of [undefined, null, '', 1])
    it(`C4: ${JSON.stringify(token_type)} → refused`, async () => {
      await assert.rejects(ask({ body: { ...tokenBody('token-1'), token_type } }))
    })
})

describe('errors of the server', () => {
  for (const code of [
    'invalid_request',
    'invalid_client',
    'unauthorized_client',
    'unsupported_grant_type',
    'invalid_scope',
    'invalid_target',
  ] as const)
    it(`RFC 6749 §5.2: ${code}`, async () => {
      const status = code === 'invalid_client' ? 401 : 400
      const headers = { 'www-authenticate': 'Basic realm="token"' }
      const error = await refused({ status, headers, body: { error: code, error_description: 'why' } }, code, status)
      assert.match(error.message, new RegExp(`/oauth/token answered ${code}: why$`))
    })

  it('a code that is not in the table → refused, with the code in serverError', async () => {
    const error = await refused({ status: 400, body: { error: 'use_dpop_nonce' } }, 'refused', 400)
    assert.equal(error.serverError, 'use_dpop_nonce')
  })

  it('A12: a description is bounded and has no control characters', async () => {
    const error_description = `a\r\nb\u001b[31m${'x'.repeat(10_000)}`
    const error = await refused(
      { status: 400, body: { error: 'invalid_scope', error_description } },
      'invalid_scope',
      400,
    )
    assert.match(error.message, /a\?\?b\?\[31m/)
    assert.match(error.message, /^[\x20-\x7e]{1,700}$/)
  })

  it('an answer that is no OAuth error → by its status', async () => {
    await refused({ status: 404, body: 'not here' }, 'malformed_response', 404)
    await refused({ status: 401, body: { message: 'no' } }, 'malformed_response', 401)
    await refused({ status: 204, body: '' }, 'malformed_response', 204)
    await refused({ status: 429, body: 'slow down' }, 'temporarily_unavailable', 429)
    await refused({ status: 503, body: 'maintenance' }, 'temporarily_unavailable', 503)
    await refused({ status: 500, body: { error: 1 } }, 'server_error', 500)
  })
})

describe('the connection', () => {
  it('timeout: a server that never answers', async () => {
    const time = createFakeTime()
    const arrived = createGate()
    await using server = await startAuthorizationServer(() => {
      arrived.open()
      return undefined
    })
    const tokens = createTokenManager({ issuer: server.url, ...once, ...time, timeoutMs })
    const failing = rejectsWith(tokens.getToken(), 'timeout')
    await arrived.opened
    time.advance(timeoutMs / 1000)
    await failing
    assert.equal(time.waiting(), 0)
  })

  it('timeout: a server that stops in the middle of its body', async () => {
    const time = createFakeTime()
    const arrived = createGate()
    await using server = await startAuthorizationServer((_received, _count, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"access_token":', arrived.open)
      return undefined
    })
    const tokens = createTokenManager({ issuer: server.url, ...once, ...time, timeoutMs })
    const failing = rejectsWith(tokens.getToken(), 'timeout')
    await arrived.opened
    time.advance(timeoutMs / 1000)
    await failing
  })

  it('timeout: a secret source that never answers, and a fetch that does not heed its signal', async () => {
    const never = () => new Promise<never>(() => undefined)
    for (const faulty of [{ clientSecret: never }, { fetch: never }]) {
      const time = createFakeTime()
      const tokens = createTokenManager({
        issuer: 'https://as.example.com',
        tokenEndpoint: 'https://as.example.com/token',
        ...once,
        ...time,
        timeoutMs,
        ...faulty,
      })
      const failing = rejectsWith(tokens.getToken(), 'timeout')
      await new Promise((resolve) => setImmediate(resolve))
      time.advance(timeoutMs / 1000)
      await failing
    }
  })

  it('network_error: nobody listens, or the connection breaks', async () => {
    const { url } = await (async () => {
      await using server = await startServer(() => ({}))
      return { url: server.url }
    })()
    const error = await rejectsWith(createTokenManager({ issuer: url, ...once }).getToken(), 'network_error')
    assert.match(error.message, /ECONNREFUSED/)
    await refused((response) => {
      response.destroy()
      return undefined
    }, 'network_error')
    await refused((response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"access', () => response.destroy())
      return undefined
    }, 'network_error')
  })
})
