import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { type HttpAnswer, jsonOf } from '../support/http.ts'
import { adminAudience, createAdminCaller } from '../support/management.ts'

const credence = await startCredence()
after(credence.dispose)

const read = 'admin:declarative:read'
const all = [read, 'admin:apis:write', 'admin:clients:write', 'admin:grants:write']
const api = (audience: string) => ({ audience, scopes: ['a'] })
const client = (client_id: string, audience: string, scopes = ['a']) => ({ client_id, grants: [{ audience, scopes }] })

const assertProblem = (answer: HttpAnswer, status: number, code: string) => {
  assert.equal(answer.status, status, answer.body)
  assert.equal(jsonOf(answer).code, code)
}
const exported = async () => (await credence.manage('GET', '/export')).body
const apply = (document: object, options: object = {}) => credence.manage('POST', '/apply', { document, ...options })

test('A8: each change needs the scope of the single change, checked before anything is written', async () => {
  const document = { apis: [api('urn:scopes')], clients: [client('scoped', 'urn:scopes')] }
  const before = await exported()
  for (const missing of all.slice(1)) {
    const caller = await createAdminCaller(
      credence,
      `without-${missing}`,
      all.filter((scope) => scope !== missing),
    )
    const answer = await caller.call('POST', '/admin/v1/apply', { document })
    assertProblem(answer, 403, 'insufficient_scope')
    assert.match(answer.headers['www-authenticate'] ?? '', new RegExp(`scope="${missing}"`))
    await credence.manage('DELETE', `/clients/${encodeURIComponent(`without-${missing}`)}`)
  }
  assert.equal(await exported(), before)
})

test('A8: a dry run needs no scope for writing, so that a build can show a plan without being able to carry it out', async () => {
  const planner = await createAdminCaller(credence, 'planner', [read])
  const document = { apis: [api('urn:planned')] }
  const answer = await planner.call('POST', '/admin/v1/apply', { document, dry_run: true })
  assert.equal(answer.status, 200, answer.body)
  assert.equal(jsonOf(answer).applied, false)
  assert.ok(!(await exported()).includes('urn:planned'))
  assertProblem(await planner.call('POST', '/admin/v1/apply', { document }), 403, 'insufficient_scope')
})

test('would_escalate: nobody declares admin scopes that they do not hold, nor changes or adopts a client that has them', async () => {
  const clerk = await createAdminCaller(credence, 'clerk', all)
  await credence.createClient({
    client_id: 'root',
    grants: [{ audience: adminAudience, scopes: ['admin:server:read'] }],
  })
  const before = await exported()
  for (const declared of [
    client('puppet', adminAudience, ['admin:server:read']),
    client('clerk', adminAudience, [...all, 'admin:server:read']),
    { client_id: 'root' },
    { ...client('root', adminAudience, ['admin:server:read']), client_name: 'mine' },
    client('root', adminAudience, ['admin:server:read']),
  ]) {
    const answer = await clerk.call('POST', '/admin/v1/apply', { document: { clients: [declared] } })
    assertProblem(answer, 403, 'would_escalate')
  }
  assert.equal(await exported(), before)
})

test('prune never takes from its own caller what it calls with, unless it is told to', async () => {
  const ci = await createAdminCaller(credence, 'ci', all)
  const self = client('ci', adminAudience, all)
  const send = (document: object, options: object = {}) =>
    ci.call('POST', '/admin/v1/apply', { document, prune: true, ...options })
  assert.equal((await send({ apis: [api('urn:ci')], clients: [self] })).status, 200)
  const before = await exported()
  for (const clients of [[], [{ client_id: 'ci' }], [{ ...self, disabled: true }]]) {
    assertProblem(await send({ apis: [api('urn:ci')], clients }), 409, 'would_lock_out')
    assertProblem(await send({ apis: [api('urn:ci')], clients }, { dry_run: true }), 409, 'would_lock_out')
  }
  assert.equal(await exported(), before)
  assert.equal((await send({ apis: [api('urn:ci')], clients: [] }, { force: true })).status, 200)
  assert.equal((await credence.manage('GET', '/clients/ci')).status, 404)
})

test('the built-in API can neither be declared nor pruned', async () => {
  assertProblem(
    await apply({ apis: [{ audience: adminAudience, scopes: ['admin:apis:read'] }] }),
    400,
    'invalid_request',
  )
  await apply({ apis: [], clients: [] }, { prune: true })
  assert.equal((await credence.manage('GET', `/apis/${adminAudience}`)).status, 200)
  const { apis } = JSON.parse(await exported()) as { apis: readonly { audience: string }[] }
  assert.ok(apis.every(({ audience }) => audience !== adminAudience))
})

test('all of a document or nothing: a change refused by the store takes back those before it, and their records', async () => {
  await apply({ apis: [api('urn:in-use')] })
  await credence.createClient({ client_id: 'by-hand', grants: [{ audience: 'urn:in-use', scopes: ['a'] }] })
  const before = await exported()
  const records = async () => (await credence.manage('GET', '/audit-events?limit=500')).body
  const recorded = await records()
  const document = { apis: [api('urn:new')], clients: [client('new', 'urn:new')] }
  for (const options of [{ prune: true }, { prune: true, dry_run: true }]) {
    const answer = await apply(document, options)
    assertProblem(answer, 409, 'in_use')
    assert.match(String(jsonOf(answer).detail), /urn:in-use/)
  }
  assert.equal(await exported(), before)
  assert.equal(await records(), recorded)
})

test('every change has its record in the audit log, with what was and what is; a dry run has none', async () => {
  const declare = (ttl: string) => ({ apis: [{ ...api('urn:recorded'), token_ttl: ttl }] })
  await apply(declare('10m'))
  await apply(declare('5m'), { dry_run: true })
  await apply(declare('5m'))
  await apply(declare('5m'))
  const query = `subject=${encodeURIComponent('apis/urn%3Arecorded')}`
  const { items } = jsonOf(await credence.manage('GET', `/audit-events?limit=100&${query}`)) as {
    items: readonly { action: string; actor: string; details: Record<string, { token_ttl?: string }> }[]
  }
  const told = items.map(({ action, actor, details }) => [
    action,
    actor,
    details.before?.token_ttl,
    details.after?.token_ttl,
  ])
  assert.deepEqual(told.toSorted(), [
    ['api.create', 'local', undefined, '10m'],
    ['api.update', 'local', '10m', '5m'],
  ])
})

test('faults come by JSON pointer into the document, every one of them, and never more than a hundred', async () => {
  const answer = await apply({ apis: [{ ...api('urn:x'), token_ttl: '9h' }], clients: [client('y', 'urn:none')] })
  assertProblem(answer, 400, 'invalid_request')
  assert.deepEqual(
    (jsonOf(answer).errors as { pointer: string }[]).map(({ pointer }) => pointer),
    ['/apis/0/token_ttl', '/clients/0/grants/0/audience'],
  )
  const many = await apply({ apis: Array.from({ length: 900 }, () => ({ nothing: 1 })) })
  assert.equal((jsonOf(many).errors as object[]).length, 100)
  for (const document of [[], 'text', 1, null]) assert.equal((await apply(document as object)).status, 400)
})

test('a document of two thousand clients is applied, and applied again it changes nothing', async () => {
  const document = {
    apis: [api('urn:many')],
    clients: Array.from({ length: 2_000 }, (_, index) => client(`many-${index}`, 'urn:many')),
  }
  const answer = await apply(document)
  assert.equal(answer.status, 200, answer.body)
  assert.equal((jsonOf(answer).changes as object[]).length, 4_001)
  assert.deepEqual(jsonOf(await apply(document)).changes, [])
})
