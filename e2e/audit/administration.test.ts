import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCredence } from '../support/credence.ts'
import { jsonOf } from '../support/http.ts'
import { adminAudience, callManagement, createAdminCaller } from '../support/management.ts'
import { runCommand } from '../support/run_command.ts'

type Document = Readonly<Record<string, unknown>>

interface Event {
  readonly seq: number
  readonly action: string
  readonly subject: string
  readonly actor: string
  readonly credential_id?: string
  readonly address?: string
  readonly outcome: string
  readonly details: { readonly before?: Document; readonly after?: Document; readonly reason?: string }
}

const credence = await startCredence()
after(credence.dispose)
const orders = 'https://orders.example.com'
const apiPath = `/apis/${encodeURIComponent(orders)}`
const listEvents = async (query = ''): Promise<readonly Event[]> =>
  jsonOf(await credence.manage('GET', `/audit-events?order=oldest_first&limit=1000${query}`)).items as Event[]

/** What a piece of work has added to the log. */
const recorded = async (work: () => Promise<unknown>): Promise<readonly Event[]> => {
  const before = (await listEvents()).length
  await work()
  return (await listEvents()).slice(before)
}
const summary = ({ action, subject, outcome }: Event) => `${action} ${decodeURIComponent(subject)} ${outcome}`

test('audit: the log begins with the start of the server', async () => {
  const [first] = await listEvents()
  assert.equal(first?.action, 'server.start')
  assert.equal(first?.actor, 'server')
})

test('audit: every administrative change is recorded, in order, with what was there before and after', async () => {
  let credentialId = ''
  const events = await recorded(async () => {
    await credence.createApi({ audience: orders, scopes: ['orders:read'] })
    await credence.manage('PATCH', apiPath, { token_ttl_seconds: 300 })
    credentialId = (await credence.createClient({ client_id: 'job' })).credential_id
    await credence.manage('PATCH', '/clients/job', { client_name: 'Nightly' })
    await credence.manage('PUT', `/clients/job/grants/${encodeURIComponent(orders)}`, { scopes: ['orders:read'] })
    await credence.manage('DELETE', `/clients/job/grants/${encodeURIComponent(orders)}`)
    await credence.manage('POST', '/clients/job/credentials', { label: 'second' })
    await credence.manage('DELETE', `/clients/job/credentials/${credentialId}`)
    await credence.manage('DELETE', '/clients/job')
    await credence.manage('DELETE', apiPath)
  })
  const second = events[6]?.subject.split('/').at(-1)
  assert.deepEqual(events.map(summary), [
    `api.create apis/${orders} done`,
    `api.update apis/${orders} done`,
    'client.create clients/job done',
    'client.update clients/job done',
    `grant.set clients/job/grants/${orders} done`,
    `grant.remove clients/job/grants/${orders} done`,
    `credential.add clients/job/credentials/${second} done`,
    `credential.revoke clients/job/credentials/${credentialId} done`,
    'client.delete clients/job done',
    `api.delete apis/${orders} done`,
  ])
  assert.ok(events.every(({ actor }) => actor === 'local'))
  const [, update, , named] = events
  assert.equal(update?.details.before?.token_ttl_seconds, 600)
  assert.equal(update?.details.after?.token_ttl_seconds, 300)
  assert.equal(named?.details.after?.client_name, 'Nightly')
  assert.doesNotMatch(JSON.stringify(events), /client_secret|digest|cred_[0-9a-z]{26}_/)
})

test('audit: a change that is refused or fails changes nothing and is not told as done', async () => {
  await credence.createApi({ audience: orders, scopes: ['orders:read'] })
  const events = await recorded(async () => {
    await credence.manage('POST', '/apis', { audience: orders, scopes: ['x'] })
    await credence.manage('DELETE', '/clients/nobody')
    await credence.manage('PATCH', apiPath, { scopes: [] })
  })
  assert.deepEqual(events, [])
})

test('audit: who came over TCP is recorded with client, credential and address; what would escalate, as refused', async () => {
  const clerk = await createAdminCaller(credence, 'clerk', ['admin:clients:write'])
  const events = await recorded(async () => {
    await clerk.call('POST', '/admin/v1/clients', { client_id: 'made' })
    const grants = [{ audience: adminAudience, scopes: ['admin:apis:write'] }]
    await clerk.call('POST', '/admin/v1/clients', { client_id: 'puppet', grants })
  })
  assert.deepEqual(events.map(summary), ['client.create clients/made done', 'client.create clients/puppet refused'])
  for (const event of events) {
    assert.equal(event.actor, 'client:clerk')
    assert.match(event.credential_id ?? '', /^cred_[0-9a-z]{26}$/)
    assert.equal(event.address, '127.0.0.1')
  }
  assert.match(events[1]?.details.reason ?? '', /admin:apis:write/)
})

test('audit: filters, pages of a cursor, and nobody reads it without its scope', async () => {
  const made = await listEvents('&actor=client%3Aclerk&action=client.create&subject=clients%2Fmade')
  assert.deepEqual(made.map(summary), ['client.create clients/made done'])
  const seqs: number[] = []
  let cursor = ''
  do {
    const page = jsonOf(await credence.manage('GET', `/audit-events?limit=3${cursor}`))
    seqs.push(...(page.items as Event[]).map(({ seq }) => seq))
    cursor = page.next_cursor === undefined ? '' : `&cursor=${page.next_cursor}`
  } while (cursor !== '')
  assert.deepEqual(seqs, (await listEvents()).map(({ seq }) => seq).reverse())
  const clerk = await createAdminCaller(credence, 'reader', ['admin:clients:read'])
  const { token } = clerk
  assert.equal((await callManagement(credence, { method: 'GET', path: '/admin/v1/audit-events', token })).status, 403)
})

test('credence audit: list tells it to people, verify finds it whole, export can be verified without the server', async () => {
  const data = ['--data', credence.data]
  const listed = await runCommand(['audit', 'list', '--client', 'made', ...data])
  assert.match(listed.stdout, /client:clerk from 127\.0\.0\.1 +client\.create +clients\/made/)
  const verified = await runCommand(['audit', 'verify', '--json', ...data])
  assert.equal(verified.code, 0, verified.stdout + verified.stderr)
  assert.equal(JSON.parse(verified.stdout).records, (await listEvents()).length)
  const expected = `${JSON.parse(verified.stdout).head.seq}:${JSON.parse(verified.stdout).head.hash}`
  assert.equal((await runCommand(['audit', 'verify', '--expect', expected, ...data])).code, 0)
  const other = await runCommand(['audit', 'verify', '--expect', `1:${'0'.repeat(64)}`, ...data])
  assert.match(other.stdout, /record 1 is not the one whose hash was kept/)
  assert.equal(other.code, 1)
})
