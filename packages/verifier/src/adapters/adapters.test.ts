/** Every adapter behind a real server, asked the same over HTTP, with a key set that is fetched over HTTP. */
import assert from 'node:assert/strict'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { createResourceServer, type ResourceServer } from '../index.ts'
import { type GuardedApp, guardedApps, listening } from '../testing/guarded_apps.ts'
import { createTestIssuer } from '../testing/test_issuer.ts'

const resource = 'https://orders.example.com/api'
const wellKnown = '/.well-known/oauth-protected-resource/api'
const issuerThatIsDown = 'http://127.0.0.1:1'

const opened: GuardedApp[] = []
after(() => Promise.all(opened.map((app) => app.close())))

/** As node:http sends it, which unlike fetch can repeat a header. */
const request = (url: string, headers: Readonly<Record<string, string | string[]>>) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(url, { headers, agent: false }, (response) => {
      response.resume()
      resolve(response)
    })
      .on('error', reject)
      .end()
  })

/** An issuer whose metadata and keys are there over HTTP, and which signs as of now. */
const startIssuer = async () => {
  let keys: readonly object[] = []
  const app = await listening(
    createServer((request, response) => {
      const document = request.url === '/keys' ? { keys } : { issuer: app.origin, jwks_uri: `${app.origin}/keys` }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
    }),
  )
  opened.push(app)
  const from = await createTestIssuer({ iss: app.origin })
  keys = [from.jwk]
  const iat = Math.floor(Date.now() / 1000)
  const sign = (claims = {}) => from.sign({ aud: resource, iat, exp: iat + 600, ...claims })
  return { issuer: app.origin, sign }
}

const { issuer, sign } = await startIssuer()
const bearer = async (claims = {}) => ({ authorization: `Bearer ${await sign(claims)}` })
const metadata = { scopesSupported: ['orders:read', 'orders:write'] }
const orders = createResourceServer({ resource, issuers: [{ issuer }, { issuer: issuerThatIsDown }], metadata })
/** As after a request with a DPoP proof. */
const withNonce: ResourceServer = {
  ...orders,
  verify: async (...asked) => {
    const result = await orders.verify(...asked)
    return result.ok ? { ...result, headers: { 'dpop-nonce': 'nonce-2' } } : result
  },
}

const token = await sign()
const refusals = [
  ['no token', '/read', {}, 401, /^Bearer realm="[^"]+", resource_metadata="[^"]+"$/],
  ['another scheme', '/read', { authorization: 'Basic YTpi' }, 401, /^Bearer realm="[^"]+", resource_metadata/],
  ['malformed credentials', '/read', { authorization: 'Bearer a b' }, 400, /error="invalid_request"/],
  ['a bad signature', '/read', { authorization: `Bearer ${token.slice(0, -4)}AAAA` }, 401, /error="invalid_token"/],
  ['an expired token', '/read', await bearer({ exp: 1 }), 401, /error="invalid_token"/],
  ['a token for another API', '/read', await bearer({ aud: 'https://b.example' }), 401, /error="invalid_token"/],
  ['a token in the query', '/read?access_token=x', await bearer(), 400, /error="invalid_request"/],
  ['a missing scope', '/write', await bearer(), 403, /error="insufficient_scope".*scope="orders:write"/],
] as const

for (const [name, start] of Object.entries(guardedApps)) {
  describe(`adapter ${name}`, () => {
    let origin: string
    before(async () => {
      const app = await start(withNonce)
      opened.push(app)
      origin = app.origin
    })

    it('a good token passes, and the handler sees it on the request', async () => {
      const response = await fetch(`${origin}/read?page=2`, { headers: await bearer() })
      assert.equal(response.status, 200)
      assert.deepEqual(await response.json(), { client: 'reporter' })
    })

    it('RFC 9449 §8.2: the nonce of an accepted request is on the answer of the handler', async () => {
      const response = await fetch(`${origin}/read`, { headers: await bearer() })
      assert.equal(response.headers.get('dpop-nonce'), 'nonce-2')
    })

    for (const [title, path, headers, status, challenge] of refusals) {
      it(`RFC 6750 §3.1: ${title} → ${status}`, async () => {
        const response = await fetch(`${origin}${path}`, { headers })
        assert.equal(response.status, status)
        assert.match(response.headers.get('www-authenticate') ?? '', challenge)
        assert.equal(response.headers.get('cache-control'), 'no-store')
        assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
        const document = (await response.json()) as { error?: string }
        assert.equal(document.error, /error="(\w+)"/.exec(String(challenge))?.[1])
      })
    }

    it('checklist 35: two Authorization headers are 400, whichever is good', async () => {
      const { authorization } = await bearer()
      for (const values of [
        [authorization, 'Bearer other'],
        ['Bearer other', authorization],
      ]) {
        assert.equal((await request(`${origin}/read`, { authorization: values })).statusCode, 400)
      }
    })

    it('checklist 39: an issuer that is down is 503 with Retry-After and no challenge', async () => {
      const response = await fetch(`${origin}/read`, { headers: await bearer({ iss: issuerThatIsDown }) })
      assert.equal(response.status, 503)
      assert.match(response.headers.get('retry-after') ?? '', /^\d+$/)
      assert.equal(response.headers.get('www-authenticate'), null)
    })

    it('HEAD is guarded as GET is, and has no body', async () => {
      const refused = await fetch(`${origin}/read`, { method: 'HEAD' })
      assert.equal(refused.status, 401)
      assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer /)
      assert.equal(await refused.text(), '')
      assert.equal((await fetch(`${origin}/read`, { method: 'HEAD', headers: await bearer() })).status, 200)
    })

    it('OPTIONS never reaches the handler without a token', async () => {
      const response = await fetch(`${origin}/read`, { method: 'OPTIONS' })
      assert.doesNotMatch(await response.text(), /client/)
    })

    it('RFC 9728 §3: the metadata document is at its path, for anybody, and the challenge names it', async () => {
      const challenge = (await fetch(`${origin}/read`)).headers.get('www-authenticate') ?? ''
      const [, url = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
      assert.equal(url, `https://orders.example.com${wellKnown}`)
      const response = await fetch(`${origin}${wellKnown}`)
      assert.equal(response.status, 200)
      assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
      assert.equal(response.headers.get('cache-control'), 'public, max-age=3600')
      assert.equal(response.headers.get('access-control-allow-origin'), '*')
      assert.deepEqual(await response.json(), {
        resource,
        authorization_servers: [issuer, issuerThatIsDown],
        bearer_methods_supported: ['header'],
        scopes_supported: ['orders:read', 'orders:write'],
      })
    })

    it('RFC 9728 §3: its other methods: HEAD without a body, OPTIONS for browsers, POST 405', async () => {
      const head = await fetch(`${origin}${wellKnown}`, { method: 'HEAD' })
      assert.equal(head.status, 200)
      assert.equal(await head.text(), '')
      const preflight = await fetch(`${origin}${wellKnown}/`, { method: 'OPTIONS' })
      assert.equal(preflight.status, 204)
      assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET, HEAD, OPTIONS')
      const post = await fetch(`${origin}${wellKnown}`, { method: 'POST' })
      assert.equal(post.status, 405)
      assert.equal(post.headers.get('allow'), 'GET, HEAD, OPTIONS')
      for (const other of ['/.well-known/oauth-protected-resource', `${wellKnown}/other`, `/read?to=${wellKnown}`]) {
        assert.notEqual((await fetch(`${origin}${other}`)).status, 200, other)
      }
    })
  })
}
