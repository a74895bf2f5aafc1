import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { assertRefused, basic, callTokenEndpoint } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
await credence.createApi({ audience: 'https://orders.example.com', scopes: ['orders:read'] })
const grants = [{ audience: 'https://orders.example.com', scopes: ['orders:read'] }]
const job = await credence.createClient({ client_id: 'job', grants })
const mail = await credence.createClient({ client_id: 'batch/mail@eu:1', grants })
const other = await credence.createClient({ client_id: 'other', grants })
const basicOnly = await credence.createClient({
  client_id: 'basic-only',
  grants,
  token_endpoint_auth_method: 'client_secret_basic',
})
const postOnly = await credence.createClient({
  client_id: 'post-only',
  grants,
  token_endpoint_auth_method: 'client_secret_post',
})

const withBasic = (authorization: string, form = {}) =>
  callTokenEndpoint(credence, { form, headers: { authorization } })
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64')
const inBody = (client: typeof job, form = {}) =>
  callTokenEndpoint(credence, { form: { client_id: client.client_id, client_secret: client.client_secret, ...form } })

describe('RFC 6749 §2.3.1: client_secret_basic', () => {
  test('RFC 6749 §2.3.1: id and secret are form-decoded each', async () => {
    const authorization = basic(mail.client_id, mail.client_secret)
    assert.ok(Buffer.from(authorization.slice(6), 'base64').toString().includes('batch%2Fmail%40eu%3A1:'))
    assert.equal((await withBasic(authorization)).status, 200)
  })

  test('RFC 6749 §2.3.1: an id without anything to encode works unencoded too', async () => {
    assert.equal((await withBasic(`Basic ${base64(`${job.client_id}:${job.client_secret}`)}`)).status, 200)
  })

  test('RFC 7617 §2: the scheme is case-insensitive', async () => {
    const encoded = base64(`${job.client_id}:${job.client_secret}`)
    for (const scheme of ['basic', 'BASIC', 'bAsIc']) {
      assert.equal((await withBasic(`${scheme} ${encoded}`)).status, 200, scheme)
    }
  })

  const pair = `${job.client_id}:${job.client_secret}`
  const notStrict: Readonly<Record<string, string>> = {
    'no padding': base64(`${pair}`).replace(/=+$/, ''),
    'base64url letters': base64(`${pair}`).replace(/.$/, '-'),
    'a blank inside': `${base64(pair).slice(0, 8)} ${base64(pair).slice(8)}`,
    'trailing letters after the padding': `${base64(`${pair}:`)}AAAA`,
    'no colon': base64('job'),
    'set bits behind its last byte': base64(pair).replace(/.(?==+$)/, (last) =>
      String.fromCharCode(last.charCodeAt(0) + 1),
    ),
    nothing: '',
    'a malformed percent-encoding': base64(`${job.client_id}%2:${job.client_secret}`),
    'bytes that are not UTF-8': base64(
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`:${job.client_secret}`)]),
    ),
    'a NUL after the secret': base64(`${pair}\0`),
    'a newline after the secret': base64(`${pair}\n`),
  }
  // two of these need a length that is padded
  assert.match(base64(pair), /=$/)
  for (const [title, encoded] of Object.entries(notStrict)) {
    test(`RFC 6749 §2.3.1: Basic with ${title} → 401 invalid_client`, async () => {
      assertRefused(await withBasic(`Basic ${encoded}`), 'invalid_client')
    })
  }

  test('RFC 6749 §5.2: another scheme → 401 invalid_client with a challenge that names Basic', async () => {
    const answer = await withBasic('Bearer abc')
    assertRefused(answer, 'invalid_client')
    assert.match(answer.headers['www-authenticate'] ?? '', /^Basic realm="/)
  })
})

describe('RFC 6749 §2.3.1: client_secret_post', () => {
  test('RFC 6749 §2.3.1: id and secret in the body', async () => {
    assert.equal((await inBody(mail)).status, 200)
  })

  test('RFC 6749 §2.3.1: credentials in the request URI are refused, right ones too', async () => {
    const query = `?${new URLSearchParams({ client_id: job.client_id, client_secret: job.client_secret })}`
    assertRefused(await callTokenEndpoint(credence, { query }), 'invalid_request')
    assertRefused(
      await callTokenEndpoint(credence, { query, headers: { authorization: basic(job.client_id, job.client_secret) } }),
      'invalid_request',
    )
  })

  test('RFC 6749 §2.3.1: a secret without client_id → invalid_request', async () => {
    assertRefused(await callTokenEndpoint(credence, { form: { client_secret: job.client_secret } }), 'invalid_request')
  })
})

describe('RFC 6749 §2.3: exactly one method', () => {
  const authorization = basic(job.client_id, job.client_secret)

  test('RFC 6749 §2.3: Basic and a secret in the body → invalid_request', async () => {
    const form = { client_id: job.client_id, client_secret: job.client_secret }
    assertRefused(await withBasic(authorization, form), 'invalid_request')
    assertRefused(await withBasic(authorization, { client_secret: job.client_secret }), 'invalid_request')
  })

  test('RFC 6749 §2.3: Basic and a client assertion → invalid_request', async () => {
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    assertRefused(
      await withBasic(authorization, { client_assertion: 'a.b.c', client_assertion_type }),
      'invalid_request',
    )
    assertRefused(await inBody(job, { client_assertion: 'a.b.c', client_assertion_type }), 'invalid_request')
  })

  test('RFC 6749 §3.2.1: the same client_id in the body is fine, another one is refused', async () => {
    assert.equal((await withBasic(authorization, { client_id: job.client_id })).status, 200)
    assertRefused(await withBasic(authorization, { client_id: other.client_id }), 'invalid_request')
  })

  test('RFC 6749 §5.2: no client authentication → 401 invalid_client', async () => {
    assertRefused(await callTokenEndpoint(credence, {}), 'invalid_client')
    assertRefused(await callTokenEndpoint(credence, { form: { client_id: job.client_id } }), 'invalid_client')
  })

  test('RFC 6749 §2.1: an empty secret is no secret', async () => {
    assertRefused(
      await callTokenEndpoint(credence, { form: { client_id: 'job', client_secret: '' } }),
      'invalid_client',
    )
    assertRefused(await withBasic(`Basic ${base64('job:')}`), 'invalid_client')
  })

  test('RFC 7591 §2: a client registered for one method is refused with the other', async () => {
    assert.equal((await withBasic(basic(basicOnly.client_id, basicOnly.client_secret))).status, 200)
    assertRefused(await inBody(basicOnly), 'invalid_client')
    assert.equal((await inBody(postOnly)).status, 200)
    assertRefused(await withBasic(basic(postOnly.client_id, postOnly.client_secret)), 'invalid_client')
  })
})

describe('whose secret it is', () => {
  test('RFC 6749 §2.3.1: a secret opens no other client', async () => {
    assertRefused(await withBasic(basic(other.client_id, job.client_secret)), 'invalid_client')
  })

  test('RFC 6749 §2.3.1: a secret with one letter changed, added or missing is refused', async () => {
    const secret = job.client_secret
    const changed = `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`
    for (const wrong of [changed, `${secret}A`, secret.slice(0, -1), secret.toUpperCase(), ` ${secret}`]) {
      assertRefused(await withBasic(basic(job.client_id, wrong)), 'invalid_client')
    }
  })

  test('any number of live secrets: both work, and a revoked one stops at once while the other goes on', async () => {
    const added = await credence.manage('POST', '/clients/other/credentials', { label: 'second' })
    const second = JSON.parse(added.body)
    assert.equal((await withBasic(basic('other', second.client_secret))).status, 200)
    const path = `/clients/other/credentials/${other.credential_id}`
    assert.equal((await credence.manage('DELETE', path)).status, 200)
    assertRefused(await withBasic(basic('other', other.client_secret)), 'invalid_client')
    assert.equal((await withBasic(basic('other', second.client_secret))).status, 200)
  })

  test('checklist 34: a disabled client is refused at once by either method, and an enabled one is let in again', async () => {
    const paused = await credence.createClient({ client_id: 'paused', grants })
    const attempts = () => Promise.all([withBasic(basic(paused.client_id, paused.client_secret)), inBody(paused)])
    for (const answer of await attempts()) assert.equal(answer.status, 200)
    await credence.manage('PATCH', '/clients/paused', { disabled: true })
    for (const answer of await attempts()) assertRefused(answer, 'invalid_client')
    await credence.manage('PATCH', '/clients/paused', { disabled: false })
    for (const answer of await attempts()) assert.equal(answer.status, 200)
  })

  test('A4: a deleted client is refused at once', async () => {
    const gone = await credence.createClient({ client_id: 'gone', grants })
    assert.equal((await inBody(gone)).status, 200)
    assert.equal((await credence.manage('DELETE', '/clients/gone')).status, 204)
    assertRefused(await inBody(gone), 'invalid_client')
  })
})

test('RFC 9110 §5.3: two Authorization headers → 400 invalid_request, whichever of them is right', async () => {
  const right = basic(job.client_id, job.client_secret)
  const wrong = basic(job.client_id, other.client_secret)
  for (const authorization of [
    [right, wrong],
    [wrong, right],
    [right, right],
  ]) {
    const answer = await callTokenEndpoint(credence, { headers: { authorization } })
    assert.equal(answer.status, 400)
    assertRefused(answer, 'invalid_request')
  }
})
