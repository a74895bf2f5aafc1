import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { basicOf, introspect, postForm, revoke } from '../support/introspection.ts'
import { createAdminCaller } from '../support/management.ts'
import { assertRefused, getToken } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const orders = 'https://orders.example.com'
const sealed = 'https://sealed.example.com'
await credence.createApi({ audience: orders, scopes: ['orders:read'] })
await credence.createApi({ audience: sealed, scopes: ['sealed:read'], token_format: 'opaque' })
const grants = [
  { audience: orders, scopes: ['orders:read'] },
  { audience: sealed, scopes: ['sealed:read'] },
]
const server = await credence.createClient({ client_id: 'server', serves: [orders, sealed] })
let clients = 0
const newClient = () => credence.createClient({ client_id: `job-${clients++}`, grants })
const isActive = async (token: string) => (await introspect(credence, server, token)).active

test('checklist 31: a client gives back its own token, signed or opaque; again changes nothing', async () => {
  const job = await newClient()
  for (const audience of [orders, sealed]) {
    const token = await getToken(credence, job, { audience })
    const kept = await getToken(credence, job, { audience })
    for (let time = 0; time < 2; time++) {
      const answer = await revoke(credence, job, token)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['cache-control'], 'no-store')
      assert.equal(await isActive(token), false)
    }
    assert.equal(await isActive(kept), true)
  }
})

test('RFC 7009 §2.1: another client’s token is refused and lives on', async () => {
  const [job, thief] = [await newClient(), await newClient()]
  const token = await getToken(credence, job, { audience: orders })
  for (const caller of [thief, server]) assertRefused(await revoke(credence, caller, token), 'unauthorized_client')
  assert.equal(await isActive(token), true)
})

test('checklist 31: an unknown token → 200; the hint is a hint', async () => {
  const job = await newClient()
  for (const text of ['x', 'cat_1_AAAA', 'a.b.c', 'x'.repeat(17_000)]) {
    assert.equal((await revoke(credence, job, text)).status, 200)
  }
  const token = await getToken(credence, job, { audience: orders })
  const form = { token, token_type_hint: 'refresh_token' }
  assert.equal((await postForm(credence, '/oauth/revoke', { form, headers: basicOf(job) })).status, 200)
  assert.equal(await isActive(token), false)
})

test('RFC 7009 §2.1: the caller authenticates, as at the token endpoint', async () => {
  const job = await newClient()
  const token = await getToken(credence, job, { audience: orders })
  assertRefused(await postForm(credence, '/oauth/revoke', { form: { token }, headers: {} }), 'invalid_client')
  assertRefused(await revoke(credence, { ...job, client_secret: 'wrong' }, token), 'invalid_client')
  const form = { token, client_id: job.client_id, client_secret: job.client_secret }
  assertRefused(await postForm(credence, '/oauth/revoke', { form, headers: basicOf(job) }), 'invalid_request')
  assertRefused(await postForm(credence, '/oauth/revoke', { form: {}, headers: basicOf(job) }), 'invalid_request')
  assert.equal(await isActive(token), true)
  assert.equal((await postForm(credence, '/oauth/revoke', { form, headers: {} })).status, 200)
  assert.equal(await isActive(token), false)
})

test('A4: disabling or deleting a client denies the tokens that are out, at once', async () => {
  for (const end of ['PATCH', 'DELETE']) {
    const [job, bystander] = [await newClient(), await newClient()]
    const tokens = [
      await getToken(credence, job, { audience: orders }),
      await getToken(credence, job, { audience: sealed }),
    ]
    const others = await getToken(credence, bystander, { audience: orders })
    const body = end === 'PATCH' ? { disabled: true } : undefined
    assert.ok((await credence.manage(end, `/clients/${job.client_id}`, body)).status < 300)
    for (const token of tokens) assert.equal(await isActive(token), false)
    assert.equal(await isActive(others), true)
  }
})

test('decision 0007: revoking a credential stops new tokens and leaves those that are out, unless and_tokens says otherwise', async () => {
  const job = await newClient()
  const [gentle, hard] = [await getToken(credence, job, { audience: orders }), await newClient()]
  const path = (client: typeof job) => `/clients/${client.client_id}/credentials/${client.credential_id}`
  assert.equal((await credence.manage('DELETE', path(job))).status, 200)
  assert.equal(await isActive(gentle), true)
  const second = jsonOf(await credence.manage('POST', `/clients/${hard.client_id}/credentials`, {}))
  const tokens = [await getToken(credence, hard, { audience: orders })]
  const secret = { ...hard, client_secret: String(second.client_secret) }
  const kept = await getToken(credence, secret, { audience: orders })
  assert.equal((await credence.manage('DELETE', `${path(hard)}?and_tokens=true`)).status, 200)
  for (const token of tokens) assert.equal(await isActive(token), false)
  assert.equal(await isActive(kept), true)
})

test('A4: a declaration that disables or prunes a client denies its tokens', async () => {
  const apply = async (clients: readonly object[], prune = false) => {
    const answer = await credence.manage('POST', '/apply', { document: { clients }, prune })
    assert.equal(answer.status, 200, answer.body)
  }
  const grants = [{ audience: orders, scopes: ['orders:read'] }]
  const tokens: string[] = []
  const declared = ['declared-0', 'declared-1'].map((client_id) => ({ client_id, grants }))
  await apply(declared)
  for (const { client_id } of declared) {
    const made = jsonOf(await credence.manage('POST', `/clients/${client_id}/credentials`, {}))
    tokens.push(await getToken(credence, { client_id, client_secret: String(made.client_secret), credential_id: '' }))
  }
  for (const token of tokens) assert.equal(await isActive(token), true)
  const [first] = declared
  await apply([{ ...first, disabled: true }], true)
  for (const token of tokens) assert.equal(await isActive(token), false)
})

test('the management API denies a token by itself, by its id, or all of a client, a credential or an API', async () => {
  const post = async (body: object) => {
    const answer = await credence.manage('POST', '/revocations', body)
    assert.equal(answer.status, 201, answer.body)
    return jsonOf(answer)
  }
  const job = await newClient()
  const fresh = () => getToken(credence, job, { audience: orders })
  const decode = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

  const byToken = await fresh()
  const denied = await post({ token: byToken })
  assert.equal(denied.jti, decode(byToken).jti)
  assert.equal(denied.tokens_alive_at_most, 1)
  assert.equal(denied.tokens_expire_by, decode(byToken).exp)
  assert.equal(await isActive(byToken), false)

  const byId = await fresh()
  await post({ jti: decode(byId).jti, exp: decode(byId).exp })
  assert.equal(await isActive(byId), false)

  const before = await fresh()
  await post({ client_id: job.client_id, issued_before: decode(before).iat })
  assert.equal(await isActive(before), true, 'issued_before itself is not before')
  const cut = await post({ credential_id: job.credential_id })
  assert.equal(await isActive(before), false)
  assert.ok(Number(cut.tokens_expire_by) > Date.now() / 1000)

  const [one, two] = [await newClient(), await newClient()]
  const tokens = await Promise.all([one, two].map((client) => getToken(credence, client, { audience: sealed })))
  const unaffected = await getToken(credence, one, { audience: orders })
  await post({ audience: sealed })
  for (const token of tokens) assert.equal(await isActive(token), false)
  assert.equal(await isActive(unaffected), true)

  const listed = jsonOf(await credence.manage('GET', '/revocations?limit=1000')).items as { id: string }[]
  assert.ok(listed.some(({ id }) => id === denied.id))
  const first = jsonOf(await credence.manage('GET', '/revocations?limit=1'))
  assert.equal((first.items as unknown[]).length, 1)
  const next = jsonOf(await credence.manage('GET', `/revocations?limit=1&cursor=${first.next_cursor}`))
  assert.notDeepEqual(next.items, first.items)
})

test('the management API refuses a revocation that would deny nothing, everything or the future', async () => {
  const now = Math.floor(Date.now() / 1000)
  for (const [body, code] of [
    [{}, 'invalid_request'],
    [{ issued_before: now }, 'invalid_request'],
    [{ token: 'x' }, 'invalid_request'],
    [{ jti: 'x' }, 'invalid_request'],
    [{ exp: now }, 'invalid_request'],
    [{ jti: 'x', exp: now + 100_000 }, 'invalid_request'],
    [{ jti: 'x\n', exp: now }, 'invalid_request'],
    [{ jti: 'x', exp: now, client_id: 'job-0' }, 'invalid_request'],
    [{ client_id: 'job-0', issued_before: now + 60 }, 'invalid_request'],
    [{ client_id: 'nobody' }, 'not_found'],
    [{ audience: 'https://nowhere.example.com' }, 'not_found'],
    [{ credential_id: `cred_${'0'.repeat(26)}` }, 'not_found'],
  ] as const) {
    const answer = await credence.manage('POST', '/revocations', body)
    assert.equal(jsonOf(answer).code, code, JSON.stringify(body))
  }
})

test('V13: a revoked admin token is refused by the management API at once', async () => {
  const admin = await createAdminCaller(credence, 'admin', ['admin:clients:read'])
  assert.equal((await admin.call('GET', '/admin/v1/clients')).status, 200)
  assert.equal((await credence.manage('POST', '/revocations', { token: admin.token })).status, 201)
  assert.equal((await admin.call('GET', '/admin/v1/clients')).status, 401)
})

test('issue 3, 6: a revocation by a client is in the audit log, without the token', async () => {
  const job = await newClient()
  const token = await getToken(credence, job, { audience: orders })
  await revoke(credence, job, token)
  const events = await credence.manage('GET', '/audit-events?limit=1000')
  assert.ok(events.body.includes('token.revoke'), events.body.slice(0, 300))
  assert.ok(events.body.includes(`client:${job.client_id}`))
  assert.ok(!events.body.includes(token))
})
