import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { jsonOf, sendHttp } from '../support/http.ts'
import { createAdminCaller } from '../support/management.ts'
import { getToken, verifyWithJose } from '../support/token.ts'

const credence = await startCredence()
after(credence.dispose)
const audience = 'https://orders.example.com'
await credence.createApi({ audience, scopes: ['orders:read'] })
const job = await credence.createClient({ client_id: 'job', grants: [{ audience, scopes: ['orders:read'] }] })

interface KeyDocument {
  readonly kid: string
  readonly alg: string
  readonly status: string
  readonly created_at: number
  readonly activates_at?: number
}

const listKeys = async () => jsonOf(await credence.manage('GET', '/signing-keys')).items as readonly KeyDocument[]
const publishedKids = async (): Promise<readonly string[]> => {
  const { body } = await sendHttp(credence.public, { path: '/.well-known/jwks.json' })
  assert.ok(!/"(?:d|p|q|dp|dq|qi|k)":/.test(body), body)
  return JSON.parse(body).keys.map(({ kid }: KeyDocument) => kid)
}
const kidOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString()).kid
const change = async (path: string, body: object = {}) => {
  const answer = await credence.manage('POST', `/signing-keys/${path}`, body)
  assert.equal(answer.status, 200, answer.body)
  return jsonOf(answer) as Record<string, unknown> & { readonly key: KeyDocument; readonly revoked: KeyDocument }
}

test('issue 3, signing keys: rotate publishes the next key at once and has it wait; asked again it says the same', async () => {
  const [before] = await listKeys()
  const first = await change('rotate')
  assert.deepEqual([first.key.status, first.key.alg], ['published', 'ES256'])
  assert.ok((first.key.activates_at ?? 0) >= first.key.created_at + 600)
  assert.equal(first.replaces, before?.kid)
  assert.equal(first.verifiers_may_refuse_for_seconds, 0)
  assert.deepEqual(new Set(await publishedKids()), new Set([before?.kid, first.key.kid]))
  assert.equal(kidOf(await getToken(credence, job)), before?.kid)
  assert.deepEqual(await change('rotate'), first)
})

test('issue 3, signing keys: rotate now signs at once, says what it costs, and the tokens before it still verify', async () => {
  const old = await getToken(credence, job)
  const rotated = await change('rotate', { now: true })
  assert.equal(rotated.key.status, 'active')
  assert.ok(Number(rotated.verifiers_may_refuse_for_seconds) >= 300)
  const fresh = await getToken(credence, job)
  assert.equal(kidOf(fresh), rotated.key.kid)
  for (const token of [old, fresh]) await verifyWithJose(credence, token, { audience })
})

test('issue 3, signing keys: a revoked key is out of the set at once, another signs, its tokens are refused', async () => {
  const admin = await createAdminCaller(credence, 'admin', ['admin:signing-keys:read'])
  const path = '/admin/v1/signing-keys'
  assert.equal((await admin.call('GET', path)).status, 200)
  const token = await getToken(credence, job)
  const { revoked, ...answer } = await change(`${kidOf(token)}/revoke`)
  assert.equal(revoked.kid, kidOf(token))
  assert.ok(Number(answer.verifiers_may_accept_for_seconds) >= 300)
  assert.equal(answer.tokens_live_for_seconds, 3600)
  assert.ok(!(await publishedKids()).includes(revoked.kid))
  await assert.rejects(verifyWithJose(credence, token, { audience }), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  // the server's own tokens as well
  assert.equal((await admin.call('GET', path)).status, 401)
  const fresh = await getToken(credence, job)
  assert.equal(kidOf(fresh), (answer.active as KeyDocument).kid)
  await verifyWithJose(credence, fresh, { audience })
  assert.equal((await credence.manage('POST', `/signing-keys/${revoked.kid}/revoke`)).status, 404)
})

test('issue 3, signing keys: an algorithm that has no key gets one that is there before an API signs with it', async () => {
  const rotated = await change('rotate', { alg: 'EdDSA' })
  assert.deepEqual([rotated.key.alg, rotated.key.status, rotated.replaces], ['EdDSA', 'active', undefined])
  assert.ok((await publishedKids()).includes(rotated.key.kid))
  await credence.manage('PATCH', `/apis/${encodeURIComponent(audience)}`, { signing_alg: 'EdDSA' })
  assert.equal(kidOf(await getToken(credence, job)), rotated.key.kid)
  await credence.manage('PATCH', `/apis/${encodeURIComponent(audience)}`, { signing_alg: 'ES256' })
})

test('issue 3, signing keys: rotating without end is refused before the key set is more than verifiers take', async () => {
  let status = 200
  for (let turn = 0; turn < 30 && status === 200; turn++) {
    const answer = await credence.manage('POST', '/signing-keys/rotate', { now: true })
    status = answer.status
    if (status !== 200) assert.equal(jsonOf(answer).code, 'too_many')
  }
  assert.equal(status, 409)
  assert.ok((await publishedKids()).length <= 25)
  await verifyWithJose(credence, await getToken(credence, job), { audience })
})

test('A9: what is shown of signing keys and told of them has no private key, sealed or not', async () => {
  const { body } = await credence.manage('GET', '/signing-keys')
  assert.doesNotMatch(body, /"d"|sealed|private/)
})
