import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { type HttpAnswer, jsonOf, sendHttp } from '../support/http.ts'

const credence = await startCredence()
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['x'] })
for (let index = 0; index < 7; index += 1) {
  await credence.createClient({ client_id: `client-${index}`, grants: [{ audience, scopes: ['x'] }] })
}

const change = (
  path: string,
  ifMatch: string | undefined,
  body: unknown = { client_name: 'changed' },
  method = 'PATCH',
) =>
  sendHttp(credence.socket, {
    method,
    path: `/admin/v1${path}`,
    headers: {
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(method === 'PATCH' && { 'content-type': 'application/json' }),
    },
    ...(method === 'PATCH' && { body: JSON.stringify(body) }),
  })
const etagOf = async (path: string) => (await credence.manage('GET', path)).headers.etag ?? ''
const codeOf = (answer: HttpAnswer) => jsonOf(answer).code

describe('RFC 9110 §13.1.1: If-Match', () => {
  for (const [path, body] of [
    ['/clients/client-0', { client_name: 'changed' }],
    [`/apis/${encodeURIComponent(audience)}`, { token_ttl_seconds: 120 }],
  ] as const) {
    test(`RFC 9110 §13.1.1: ${path.split('/')[1]}: the current ETag → 200 and a new one; the old one → 412`, async () => {
      const etag = await etagOf(path)
      const changed = await change(path, etag, body)
      assert.equal(changed.status, 200)
      assert.notEqual(changed.headers.etag, etag)
      assert.equal(changed.headers.etag, await etagOf(path))
      const stale = await change(path, etag, body)
      assert.equal(stale.status, 412)
      assert.equal(codeOf(stale), 'revision_conflict')
    })
  }

  test('RFC 9110 §13.1.1: a grant: the current ETag → 200, the old one → 412, one for what is not there → 412', async () => {
    const path = `/clients/client-6/grants/${encodeURIComponent(audience)}`
    const set = (ifMatch: string, scopes: readonly string[]) =>
      sendHttp(credence.socket, {
        method: 'PUT',
        path: `/admin/v1${path}`,
        headers: { 'if-match': ifMatch, 'content-type': 'application/json' },
        body: JSON.stringify({ scopes }),
      })
    await credence.manage('PATCH', `/apis/${encodeURIComponent(audience)}`, { scopes: ['x', 'y'] })
    const etag = await etagOf(path)
    assert.equal((await set(etag, ['x', 'y'])).status, 200)
    assert.equal(codeOf(await set(etag, ['y'])), 'revision_conflict')
    assert.equal((await change(path, etag, undefined, 'DELETE')).status, 412)
    assert.equal((await change(path, await etagOf(path), undefined, 'DELETE')).status, 204)
    assert.equal((await set('*', ['x'])).status, 412)
  })

  test('RFC 9110 §13.1.1: DELETE with an old ETag → 412, and it is still there', async () => {
    const etag = await etagOf('/clients/client-1')
    await change('/clients/client-1', etag)
    assert.equal((await change('/clients/client-1', etag, undefined, 'DELETE')).status, 412)
    assert.equal((await credence.manage('GET', '/clients/client-1')).status, 200)
    assert.equal(
      (await change('/clients/client-1', await etagOf('/clients/client-1'), undefined, 'DELETE')).status,
      204,
    )
  })

  test('RFC 9110 §13.1.1: of ten changes at once with the same ETag, exactly one is made', async () => {
    const etag = await etagOf('/clients/client-2')
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => change('/clients/client-2', etag, { client_name: `n${index}` })),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 9 }, () => 412)])
  })

  test('RFC 9110 §13.1.1: * or none → any version; what is no ETag of ours → 400', async () => {
    assert.equal((await change('/clients/client-3', '*')).status, 200)
    assert.equal((await change('/clients/client-3', undefined)).status, 200)
    for (const wrong of ['1', '"x"', 'W/"1"', '"1", "2"', '""', '"-1"', '"1e3"']) {
      assert.equal((await change('/clients/client-3', wrong)).status, 400, wrong)
    }
  })
})

describe('A11: page cursors', () => {
  const page = async (path: string) => {
    const answer = await credence.manage('GET', path)
    assert.equal(answer.status, 200, answer.body)
    return jsonOf(answer) as { items: { client_id: string }[]; next_cursor?: string }
  }

  test('a list is walked page by page, each item once, in order', async () => {
    const whole = (await page('/clients')).items.map((client) => client.client_id)
    const walked: string[] = []
    let cursor: string | undefined
    do {
      const part = await page(`/clients?limit=2${cursor === undefined ? '' : `&cursor=${cursor}`}`)
      assert.ok(part.items.length > 0 && part.items.length <= 2)
      walked.push(...part.items.map((client) => client.client_id))
      cursor = part.next_cursor
    } while (cursor !== undefined && walked.length <= whole.length)
    assert.deepEqual(walked, whole)
    assert.deepEqual(walked, [...walked].sort())
  })

  test('A11: a cursor that was made up, altered, cut, or given by another list → 400', async () => {
    const { next_cursor: cursor = '' } = await page('/clients?limit=1')
    assert.equal((await credence.manage('GET', `/clients?limit=1&cursor=${cursor}`)).status, 200)
    const bytes = Buffer.from(cursor, 'base64url')
    const altered = (index: number) => {
      const copy = Buffer.from(bytes)
      copy.writeUInt8(copy.readUInt8(index) ^ 1, index)
      return copy.toString('base64url')
    }
    const madeUp = Buffer.concat([Buffer.alloc(16), Buffer.from('client-3')]).toString('base64url')
    for (const wrong of [
      madeUp,
      altered(0),
      altered(15),
      altered(bytes.length - 1),
      cursor.slice(0, 8),
      'x',
      'client-3',
    ]) {
      const answer = await credence.manage('GET', `/clients?cursor=${wrong}`)
      assert.equal(answer.status, 400, wrong)
      assert.equal(codeOf(answer), 'invalid_request')
    }
    assert.equal((await credence.manage('GET', `/apis?cursor=${cursor}`)).status, 400)
    assert.equal((await credence.manage('GET', `/clients/client-3/credentials?cursor=${cursor}`)).status, 400)
  })

  test('limit is 1 to 1000, and an unknown query parameter is refused', async () => {
    for (const query of ['limit=0', 'limit=1001', 'limit=-1', 'limit=x', 'limit=1&limit=2', 'cursor=', 'sort=name']) {
      assert.equal((await credence.manage('GET', `/clients?${query}`)).status, 400, query)
    }
  })
})

describe('RFC 9457 §3: problem documents', () => {
  const send = (path: string, body: string, contentType = 'application/json') =>
    sendHttp(credence.socket, {
      method: 'POST',
      path: `/admin/v1${path}`,
      headers: { 'content-type': contentType },
      body,
    })

  const cases: Readonly<Record<string, readonly [code: string, status: number, ask: () => Promise<HttpAnswer>]>> = {
    'an unknown resource': ['not_found', 404, () => credence.manage('GET', '/clients/nobody')],
    'an unknown path': ['not_found', 404, () => credence.manage('GET', '/nowhere')],
    'an unknown method': ['not_found', 404, () => credence.manage('PUT', '/clients')],
    'what exists already': ['already_exists', 409, () => credence.manage('POST', '/apis', { audience, scopes: ['x'] })],
    'what is in use': ['in_use', 409, () => credence.manage('DELETE', `/apis/${encodeURIComponent(audience)}`)],
    'JSON that is none': ['invalid_request', 400, () => send('/clients', '{')],
    'another content type': ['invalid_request', 400, () => send('/clients', 'client_id=x', 'text/plain')],
    'an unknown member': ['invalid_request', 400, () => send('/clients', '{"client_id":"x","admin":true}')],
    'a missing member': ['invalid_request', 400, () => send('/clients', '{}')],
    'a member of another type': ['invalid_request', 400, () => send('/clients', '{"client_id":7}')],
    'a grant on an unknown API': [
      'not_found',
      404,
      () => send('/clients', '{"client_id":"x","grants":[{"audience":"urn:no","scopes":["x"]}]}'),
    ],
  }
  for (const [title, [code, status, ask]] of Object.entries(cases)) {
    test(`RFC 9457 §3: ${title} → ${status} ${code}`, async () => {
      const answer = await ask()
      assert.equal(answer.status, status, answer.body)
      assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json\b/)
      assert.equal(answer.headers['cache-control'], 'no-store')
      const problem = jsonOf(answer)
      assert.equal(problem.code, code)
      assert.equal(problem.status, status)
      assert.equal(problem.type, `urn:credence:problem:${code}`)
      for (const member of ['title', 'detail']) assert.equal(typeof problem[member], 'string')
    })
  }

  test('RFC 9457 §3: every fault of a body is listed, by JSON pointer', async () => {
    const { errors } = jsonOf(await send('/clients', '{"client_id":"a b","token_ttl_seconds":1,"extra":1}')) as {
      errors: { pointer: string; detail: string }[]
    }
    assert.ok(errors.some(({ pointer }) => pointer.endsWith('/client_id')))
    assert.ok(errors.some(({ pointer }) => pointer.endsWith('/token_ttl_seconds')))
    assert.ok(errors.some(({ detail }) => detail.includes('extra')))
  })
})
