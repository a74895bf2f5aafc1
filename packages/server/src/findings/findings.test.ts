import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api, ClientFacts, Credential } from '@credence/storage'
import { adminAudience, adminScopes } from '../admin/admin_scopes.ts'
import { findAboutClient } from './find_all.ts'
import type { Finding } from './finding.ts'
import { createFindings, type FindingsDeps } from './findings.ts'

const day = 86_400
const thisHour = 1_800_000_000
const now = thisHour + 600
const audience = 'https://orders.example.com'

const api = { audience, scopes: ['read', 'write'], tokenTtlSeconds: 600 } as unknown as Api

const aCredential = (changed: Partial<Credential> = {}): Credential =>
  ({
    credentialId: 'cred_1',
    clientId: 'job',
    kind: 'secret',
    createdAt: now - 100 * day,
    lastUsedAt: now - 60,
    lastUsedFrom: '192.0.2.1',
    ...changed,
  }) as Credential

const ownKey = { kind: 'key', key: { jwk: '{}' } } as const
const publishedKey = { kind: 'key', key: { jwksUri: 'https://job.example.com/jwks.json' } } as const
const platform = { kind: 'federated', federation: { subject: 's' } } as unknown as Partial<Credential>

type Changed = {
  readonly [Name in keyof ClientFacts]?: Name extends 'client' ? Partial<ClientFacts['client']> : ClientFacts[Name]
}

/** A client of whom there is nothing to say. */
const facts = ({ client, ...changed }: Changed = {}): ClientFacts => ({
  client: {
    clientId: 'job',
    disabled: false,
    createdAt: now - 200 * day,
    serves: [],
    ...client,
  } as ClientFacts['client'],
  credentials: [aCredential()],
  grants: [{ clientId: 'job', audience, scopes: ['read'], createdAt: now - 200 * day, updatedAt: now - 200 * day }],
  scopeUses: [{ clientId: 'job', audience, scope: 'read', lastUsedAt: now - 60 }],
  lastDay: [{ audience, tokens: 150, hoursWithUse: 24 }],
  tokensThisHour: 6,
  dailyPeaks: [6, 7, 6, 8],
  refusals: [],
  ...changed,
})

const find = (changed?: Changed): readonly Finding[] =>
  findAboutClient(facts(changed), { now, thisHour, apis: new Map([[audience, api]]) })

const grant = (scopes: readonly string[], changedAt = now - 200 * day) => [
  { clientId: 'job', audience, scopes, createdAt: changedAt, updatedAt: changedAt },
]

/** Kind and severity, evidence, command. */
type Row = readonly [what: string, changed: Changed, kind: string, evidence: RegExp, command: string]

const table: readonly Row[] = [
  [
    'a scope that was never used',
    { grants: grant(['read', 'write'], now - 40 * day) },
    'grant_never_used warning',
    /^write was granted by 20.*, 40 days ago, and never used since$/,
    `credence grant set job ${audience}=read`,
  ],
  [
    'a scope that was granted lately and not used yet',
    {
      grants: grant(['read', 'write'], now - 60),
      scopeUses: [{ clientId: 'job', audience, scope: 'read', lastUsedAt: now }],
    },
    'grant_never_used info',
    /^write was granted by .*, 60 seconds ago/,
    `credence grant set job ${audience}=read`,
  ],
  [
    'a scope that was used before the grant was made anew, and not since',
    { scopeUses: [{ clientId: 'job', audience, scope: 'read', lastUsedAt: now - 201 * day }] },
    'grant_never_used warning',
    /200 days ago, and never used since$/,
    `credence grant remove job ${audience}`,
  ],
  [
    'a scope that was used long ago',
    { scopeUses: [{ clientId: 'job', audience, scope: 'read', lastUsedAt: now - 95 * day }] },
    'grant_unused warning',
    /^read was last used 95 days ago$/,
    `credence grant remove job ${audience}`,
  ],
  [
    'a client that does not keep its tokens',
    { lastDay: [{ audience, tokens: 7_200, hoursWithUse: 2 }] },
    'tokens_not_cached warning',
    /^7,200 tokens in the last day, 3,600 in each hour with any; each lives 600 seconds, so about 600 are alive at once/,
    'credence client update job --quota 2/min --quota-mode observe',
  ],
  [
    'a client that does not keep its tokens, whose own lifetime is shorter',
    { client: { tokenTtlSeconds: 60 }, lastDay: [{ audience, tokens: 3_600, hoursWithUse: 1 }] },
    'tokens_not_cached warning',
    /each lives 60 seconds, so about 60 are alive/,
    'credence client update job --quota 20/min --quota-mode observe',
  ],
  [
    'an hour far above the days before',
    { tokensThisHour: 100 },
    'unusual_rate warning',
    /^100 tokens since 20.*Z; on the 4 days before with any use, its busiest hour had 7 \(median; 6 to 8\)$/,
    'credence usage job',
  ],
  [
    'an hour far above the days before, one of which was odd too',
    { tokensThisHour: 400, dailyPeaks: [6, 10_000, 7] },
    'unusual_rate warning',
    /had 7 \(median; 6 to 10,000\)$/,
    'credence usage job',
  ],
  [
    'requests that a quota refused',
    {
      client: { quota: { tokensPerMinute: 30, mode: 'enforce' } },
      refusals: [{ reason: 'quota_exceeded', remoteAddress: '', requests: 1_234 }],
    },
    'quota_exceeded warning',
    /^its quota of 30 a minute refused 1,234 requests in the last day$/,
    'credence usage job',
  ],
  [
    'a credential older than a year',
    { credentials: [aCredential({ createdAt: now - 400 * day })] },
    'credential_old warning',
    /^cred_1 was made 400 days ago; last used 60 seconds ago from 192\.0\.2\.1$/,
    'credence credential rotate job',
  ],
  [
    'a credential that is idle',
    { credentials: [aCredential({ lastUsedAt: now - 95 * day, lastUsedUserAgent: 'curl/8', label: 'eu' })] },
    'credential_idle warning',
    /^cred_1 \(eu\) was made 100 days ago; last used 95 days ago from 192\.0\.2\.1 by curl\/8$/,
    'credence credential revoke job cred_1',
  ],
  [
    'a credential that was never used',
    { credentials: [aCredential({ lastUsedAt: undefined, createdAt: now - 8 * day })] },
    'credential_never_used info',
    /^cred_1 was made 8 days ago and never used$/,
    'credence credential revoke job cred_1',
  ],
  [
    'a credential that expires',
    { credentials: [aCredential({ expiresAt: now + 10 * day })] },
    'credential_expiring warning',
    /^cred_1 expires in 10 days, at .*; no other credential of this client lives longer$/,
    'credence credential rotate job',
  ],
  [
    'a credential that is in use and expires in hours',
    { credentials: [aCredential({ expiresAt: now + 5 * 3600 })] },
    'credential_expiring critical',
    /^cred_1 expires in 5 hours/,
    'credence credential rotate job',
  ],
  [
    'failures from addresses that are new',
    {
      refusals: [
        { reason: 'invalid_client', remoteAddress: '198.51.100.7', requests: 9 },
        { reason: 'invalid_client', remoteAddress: '192.0.2.1', requests: 99 },
        ...[1, 2, 3].map((n) => ({ reason: 'invalid_client', remoteAddress: `203.0.113.${n}`, requests: n })),
      ],
    },
    'failures_from_new_address warning',
    /^15 failed attempts .* from 198\.51\.100\.7 \(9\), 203\.0\.113\.3 \(3\), 203\.0\.113\.2 \(2\) and 1 more;/,
    'credence credential list job',
  ],
  [
    'a client that is granted nothing',
    { grants: [], scopeUses: [] },
    'client_without_grants info',
    /^the client was made 200 days ago and may ask for nothing$/,
    'credence client delete job',
  ],
  [
    'a client whose credentials have all expired',
    { credentials: [aCredential({ expiresAt: now })] },
    'client_without_credential warning',
    /every credential it had is expired or revoked/,
    'credence credential add job',
  ],
  [
    'a client that is registered for a key and has none',
    { client: { tokenEndpointAuthMethod: 'private_key_jwt' }, credentials: [] },
    'client_without_credential warning',
    /it has no credential, so it gets no tokens$/,
    'credence credential add job --jwks FILE',
  ],
  [
    'a key that is older than a year',
    { credentials: [aCredential({ ...ownKey, createdAt: now - 400 * day })] },
    'credential_old warning',
    /^cred_1 was made 400 days ago/,
    'credence credential add job --jwks FILE',
  ],
  [
    'a secret that is yet used beside a newer key',
    {
      credentials: [
        aCredential(),
        aCredential({ ...ownKey, credentialId: 'cred_2', createdAt: now - 9 * day, lastUsedAt: now }),
      ],
    },
    'old_credential_in_use warning',
    /^cred_1 was last used 60 seconds ago.*the newest, cred_2/,
    'credence credential list job',
  ],
]

for (const [what, changed, kind, evidence, command] of table) {
  test(`findings: ${what} → ${kind}`, () => {
    const found = find(changed)
    assert.deepEqual(
      found.map((finding) => `${finding.kind} ${finding.severity}`),
      [kind],
    )
    assert.match(found[0]?.evidence ?? '', evidence)
    assert.equal(found[0]?.command, command)
  })
}

test('findings: a secret that is replaced and yet in use: which, from where and by what, and the newest beside it', () => {
  const old = aCredential({ lastUsedAt: now - 7200, lastUsedUserAgent: 'curl/8' })
  const newest = aCredential({ credentialId: 'cred_2', createdAt: now - 2 * day })
  const found = find({ credentials: [newest, old] })
  assert.deepEqual(
    found.map((finding) => [finding.id, finding.severity]),
    [['old_credential_in_use job cred_1', 'info']],
  )
  assert.equal(
    found[0]?.evidence,
    'cred_1 was last used 2 hours ago from 192.0.2.1 by curl/8; the newest, cred_2, was made 2 days ago and was last used 60 seconds ago from 192.0.2.1',
  )
  const later = aCredential({ credentialId: 'cred_2', createdAt: now - 9 * day })
  assert.equal(find({ credentials: [later, old] })[0]?.severity, 'warning')
  assert.equal(find({ credentials: [{ ...later, label: 'us' }, old] })[0]?.severity, 'info')
  assert.deepEqual(find({ credentials: [newest, { ...old, lastUsedAt: now - 2 * day }] }), [])
})

test('findings: one credential that lives longer makes an expiry less grave', () => {
  const expiring = aCredential({ expiresAt: now + day })
  const next = aCredential({ credentialId: 'cred_2', createdAt: now, lastUsedAt: undefined })
  const found = find({ credentials: [expiring, next] }).find(({ kind }) => kind === 'credential_expiring')
  assert.equal(found?.severity, 'warning')
  assert.match(found?.evidence ?? '', /cred_2 lives longer$/)
})

test('findings: a client with every admin scope; and shell words in commands are quoted', () => {
  const wide = [{ clientId: 'job', audience: adminAudience, scopes: adminScopes, createdAt: now, updatedAt: now }]
  const uses = adminScopes.map((scope) => ({ clientId: 'job', audience: adminAudience, scope, lastUsedAt: now }))
  const found = find({ grants: wide, scopeUses: uses })
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['admin_grants_wide'],
  )
  assert.ok(!found[0]?.command.includes(':write'))
  const odd = { clientId: 'job', audience: "urn:it's;$(x)", scopes: ['a'], createdAt: now, updatedAt: now }
  assert.equal(find({ grants: [odd] })[0]?.command, "credence grant remove job 'urn:it'\\''s;$(x)'")
})

const nothing: readonly (readonly [what: string, changed: Changed])[] = [
  ['a client that does as it should', {}],
  ['a disabled client, whatever is about it', { client: { disabled: true }, credentials: [], grants: [] }],
  ['a resource server, which is granted nothing', { client: { serves: [audience] }, grants: [], scopeUses: [] }],
  [
    'many tokens over a day by some instances that keep them',
    { lastDay: [{ audience, tokens: 2_800, hoursWithUse: 24 }] },
  ],
  ['a new client in its first busy hour', { tokensThisHour: 10_000, dailyPeaks: [5, 6] }],
  ['an hour some times above very little', { tokensThisHour: 40 }],
  [
    'failures from where the client is',
    { refusals: [{ reason: 'invalid_client', remoteAddress: '192.0.2.1', requests: 99 }] },
  ],
  ['two typing mistakes', { refusals: [{ reason: 'invalid_client', remoteAddress: '203.0.113.1', requests: 2 }] }],
  [
    'a credential that was made lately and not used yet',
    {
      credentials: [
        aCredential({ lastUsedAt: now - 2 * day }),
        aCredential({ createdAt: now - day, lastUsedAt: undefined }),
      ],
    },
  ],
  [
    'keys that somebody else renews, however long they have been registered',
    { credentials: [publishedKey, platform].map((kind) => aCredential({ ...kind, createdAt: now - 400 * day })) },
  ],
  ['two keys of one set, both in use', { credentials: [aCredential(ownKey), aCredential(ownKey)] }],
  [
    'two platforms, each with its own',
    { credentials: [aCredential(platform), aCredential({ ...platform, createdAt: now - 20 * day })] },
  ],
  [
    'a credential that a client with managed rotation will replace in time',
    { credentials: [aCredential({ createdAt: now - day, expiresAt: now + 3 * day, lifetimeSeconds: 4 * day })] },
  ],
]
for (const [what, changed] of nothing) {
  test(`findings: nothing about ${what}`, () => assert.deepEqual(find(changed), []))
}

test('findings: computed once for all who ask, kept for a minute, and anew as soon as something was changed', async () => {
  const scene = { nowMs: 0, version: 1, reads: 0 }
  const storage = {
    apis: { list: async ({ after }: { after?: string }) => (after === undefined ? [api] : []) },
    clientFacts: {
      list: async (_times: object, { after }: { after?: string }) => {
        if (after !== undefined) return []
        scene.reads++
        return [facts({ tokensThisHour: 100 }), facts({ client: { clientId: 'idle' }, grants: [], scopeUses: [] })]
      },
      ungrantedAudiences: async () => [adminAudience, audience],
    },
    changes: { latest: async () => scene.version },
  } as unknown as FindingsDeps['storage']
  let flushes = 0
  const clock = { epochSeconds: () => now, monotonicMs: () => scene.nowMs }
  const findings = createFindings({ storage, clock, flush: async () => void flushes++ })
  const [one, other] = await Promise.all([findings.current(), findings.current()])
  assert.equal(one, other)
  assert.deepEqual(
    one.findings.map(({ id }) => id),
    ['unusual_rate job', `api_without_clients ${audience}`, 'client_without_grants idle'],
  )
  assert.deepEqual([one.computedAt, one.truncated, scene.reads, flushes], [now, false, 1, 1])
  scene.nowMs = 59_999
  assert.equal(await findings.current(), one)
  scene.nowMs = 60_000
  assert.notEqual(await findings.current(), one)
  scene.version = 2
  assert.equal(scene.reads, 2)
  await findings.current()
  assert.equal(scene.reads, 3)
  scene.version = 3
  scene.nowMs += 599_999
  const kept = findings.recent()
  assert.equal(scene.reads, 3)
  scene.nowMs += 1
  assert.equal(findings.recent(), kept)
  await findings.current()
  assert.equal(scene.reads, 4)
  assert.notEqual(findings.recent(), kept)
})
