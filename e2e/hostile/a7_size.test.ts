import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, afterEach, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { type HttpAnswer, sendHttp } from '../support/http.ts'
import { askToken, assertRefused, basic, callTokenEndpoint, getToken } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['x'] })
const job = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['x'] }] })
const authorization = basic(job.client_id, job.client_secret)
const megabyte = 'x'.repeat(1024 * 1024)

/** The request, or undefined when the server closed the connection before its answer could be read. */
const answerTo = async (request: Promise<HttpAnswer>): Promise<HttpAnswer | undefined> => {
  try {
    return await request
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EPIPE' || code === 'ECONNRESET') return undefined
    throw error
  }
}

afterEach(async () => {
  // whatever was sent: the next caller gets a token, and management answers
  assert.equal((await askToken(credence, job)).status, 200)
  assert.equal((await credence.manage('GET', '/server')).status, 200)
})

test('A7: a body of 1 MB → 413 in JSON', async () => {
  const body = `grant_type=client_credentials&padding=${megabyte}`
  assertRefused(await callTokenEndpoint(credence, { body, headers: { authorization } }), 'invalid_request', 413)
})

test('A7: a chunked body of 1 MB, whose length is not known before → 413 in JSON', async () => {
  const headers = { authorization, 'transfer-encoding': 'chunked' }
  const answer = await answerTo(callTokenEndpoint(credence, { body: `a=${megabyte}`, headers }))
  if (answer !== undefined) assertRefused(answer, 'invalid_request', 413)
})

test('A7: a body that is announced with 10 GB is refused before it comes', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '10737418240' }
  const announced = {
    method: 'POST',
    path: '/oauth/token',
    headers: { authorization, connection: 'close', ...headers },
  }
  assertRefused(await sendHttp(credence.public, { ...announced, body: '' }), 'invalid_request', 413)
})

test('A7: 10,000 parameters → 400 invalid_request', async () => {
  const many = Array.from({ length: 10_000 }, (_, index) => `${index.toString(36)}=`).join('&')
  const answer = await callTokenEndpoint(credence, {
    body: `grant_type=client_credentials&${many}`,
    headers: { authorization },
  })
  assertRefused(answer, 'invalid_request')
})

test('A7: 10,000 empty pairs are nothing, and cost nothing', async () => {
  const body = `grant_type=client_credentials${'&'.repeat(10_000)}`
  assert.equal((await callTokenEndpoint(credence, { body, headers: { authorization } })).status, 200)
})

test('A7: 4,000 resources → 400', async () => {
  const many = Array.from({ length: 4_000 }, (_, index) => `resource=a:${index}`).join('&')
  const answer = await callTokenEndpoint(credence, {
    body: `grant_type=client_credentials&${many}`,
    headers: { authorization },
  })
  assertRefused(answer, 'invalid_request')
})

test('A7: a JWT of 5 MB as client assertion → 413', async () => {
  const answer = await answerTo(callTokenEndpoint(credence, { form: { client_assertion: megabyte.repeat(5) } }))
  if (answer !== undefined) assertRefused(answer, 'invalid_request', 413)
})

for (const [listener, path] of [
  ['public', '/oauth/token'],
  ['management', '/admin/v1/apis'],
] as const) {
  test(`A7: a header of 5 MB to the ${listener} listener → 431`, async () => {
    const headers = { authorization: `Bearer ${megabyte.repeat(5)}` }
    const answer = await answerTo(sendHttp(credence[listener], { method: 'POST', path, headers, body: '' }))
    if (answer !== undefined) assert.equal(answer.status, 431)
  })

  test(`A7: a header of 20 KB to the ${listener} listener → 431`, async () => {
    const headers = { authorization: `Basic ${'x'.repeat(20 * 1024)}` }
    const answer = await sendHttp(credence[listener], { method: 'POST', path, headers, body: '' })
    assert.equal(answer.status, 431)
  })

  test(`A7: a request target of 20 KB to the ${listener} listener → 431 or 414`, async () => {
    const answer = await sendHttp(credence[listener], { path: `${path}?${'x'.repeat(20 * 1024)}` })
    assert.ok([414, 431].includes(answer.status), String(answer.status))
  })
}

test('A7: 2,000 headers → refused or ignored, never an error of ours', async () => {
  const headers = Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`x${index}`, '1']))
  const answer = await callTokenEndpoint(credence, { headers: { authorization, ...headers } })
  assert.ok(answer.status < 500, String(answer.status))
})

test('A7: Basic credentials with an id of 12 KB → 401', async () => {
  assertRefused(
    await callTokenEndpoint(credence, { headers: { authorization: basic('x'.repeat(8_000), 'y') } }),
    'invalid_client',
  )
})

const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`
const jsonBodies: Readonly<Record<string, string>> = {
  'arrays 100,000 deep': nested('[', ']', 100_000),
  'objects 40,000 deep': nested('{"a":', '}', 40_000),
  'a member 100,000 deep': `{"audience":${nested('[', ']', 100_000)}}`,
  'an unclosed array 200,000 deep': '['.repeat(200_000),
  '60,000 scopes that are none': `{"audience":"urn:x","scopes":[${Array.from({ length: 60_000 }, () => '1').join()}]}`,
  '40,000 unknown members': `{${Array.from({ length: 20_000 }, (_, index) => `"m${index}":0`).join()}}`,
  'a number of 100,000 digits': `{"audience":"urn:x","scopes":["x"],"token_ttl_seconds":${'9'.repeat(100_000)}}`,
  'a string of 200 KB': JSON.stringify({ audience: `urn:${'x'.repeat(200_000)}`, scopes: ['x'] }),
  '1 MB': JSON.stringify({ audience: megabyte }),
  'a __proto__ member': '{"__proto__":{"scopes":["x"]},"audience":"urn:x"}',
  'a constructor.prototype member': '{"constructor":{"prototype":{"x":1}},"audience":"urn:x"}',
  'invalid UTF-8 text': '{"audience":"\ud800","scopes":["x"]}',
  nothing: '',
  null: 'null',
}
for (const [title, body] of Object.entries(jsonBodies)) {
  test(`A7: the management API refuses ${title} with a 4xx problem of bounded size`, async () => {
    const headers = { 'content-type': 'application/json' }
    const call = { method: 'POST', path: '/admin/v1/apis', headers, body }
    const answer = await answerTo(sendHttp(credence.socket, call))
    if (answer === undefined) return
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.body.slice(0, 300)}`)
    assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json\b/)
    assert.ok(answer.body.length < 10_000, `an answer of ${answer.body.length} bytes`)
  })
}

test('A7: 300 bodies of 1 MB leave memory flat', { skip: process.platform !== 'linux' && 'reads /proc' }, async () => {
  const residentMegabytes = async () => {
    const status = await readFile(`/proc/${credence.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
  }
  const flood = async (count: number) => {
    for (let sent = 0; sent < count; sent += 10) {
      await Promise.all(
        Array.from({ length: 10 }, () =>
          answerTo(callTokenEndpoint(credence, { body: megabyte, headers: { authorization } })),
        ),
      )
    }
  }
  await flood(50)
  const before = await residentMegabytes()
  await flood(300)
  const grown = (await residentMegabytes()) - before
  assert.ok(grown < 60, `grew by ${grown.toFixed()} MB over 300 bodies of 1 MB`)
  await getToken(credence, job)
})
