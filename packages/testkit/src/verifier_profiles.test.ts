import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cognito, createResourceServer, google, type IssuerOptions } from '@credence/verifier'
import { type SkinName, startTestAuthorizationServer, type TestAuthorizationServer } from './index.ts'

interface Profiled {
  readonly options: (as: TestAuthorizationServer<SkinName>) => Omit<IssuerOptions, 'issuer'>
  /** What the token endpoint's tokens have as audience. */
  readonly resource: string
  readonly scopes: readonly string[]
}

const profiled: Readonly<Partial<Record<SkinName, Profiled>>> = {
  credence: { options: () => ({ profile: 'credence' }), resource: 'https://api.example.com', scopes: ['read'] },
  generic: { options: () => ({}), resource: 'https://api.example.com', scopes: ['read'] },
  auth0: { options: () => ({ profile: 'auth0' }), resource: 'https://api.example.com', scopes: ['read:jobs'] },
  okta: { options: () => ({ profile: 'okta' }), resource: 'api://default', scopes: ['jobs.read'] },
  entra: {
    options: () => ({ profile: 'entra' }),
    resource: '3b7e0c52-9f14-4d68-8a2b-51c7d9e0f3a6',
    scopes: ['Jobs.Read.All'],
  },
  cognito: {
    options: ({ clientId }) => ({ profile: cognito({ clientIds: [clientId] }) }),
    resource: 'https://api.example.com',
    scopes: ['https://api.example.com/read'],
  },
  google: {
    options: ({ clientId }) => ({ profile: google({ serviceAccounts: { [clientId]: ['jobs:run'] } }) }),
    resource: 'https://api.example.com',
    scopes: ['jobs:run'],
  },
  keycloak: { options: () => ({ profile: 'keycloak' }), resource: 'account', scopes: ['email', 'profile'] },
}

for (const [name, { options, resource, scopes }] of Object.entries(profiled)) {
  const start = async () => {
    const as = await startTestAuthorizationServer({ skin: name as SkinName, providerUrls: true })
    const { issuer, clock, fetchDocument } = as
    const api = createResourceServer({ resource, issuers: [{ issuer, ...options(as) }], clock, fetchDocument })
    const verify = (token: string) =>
      api.verify({ method: 'GET', url: '/', headers: { authorization: `Bearer ${token}` } })
    return { as, verify, [Symbol.asyncDispose]: as.close }
  }

  test(`skin ${name}: the verifier's profile accepts its tokens, under the provider's own URLs`, async () => {
    await using started = await start()
    const result = await started.verify(await started.as.issueToken())
    assert.ok(result.ok, JSON.stringify(result))
    assert.deepEqual(result.token.scopes, scopes)
    assert.equal(result.token.clientId, started.as.clientId)
  })

  test(`skin ${name}: the verifier's profile refuses what is expired, unsigned, a stranger's or for others`, async () => {
    await using started = await start()
    const { as, verify } = started
    const changes = [
      { expired: true },
      { unsigned: true },
      { signedBy: 'stranger' },
      { claims: { iss: 'https://evil.example.com' } },
      { claims: { aud: 'https://other.example.com' } },
    ] as const
    for (const change of changes) {
      assert.equal((await verify(await as.issueToken(change))).ok, false, JSON.stringify(change))
    }
  })
}
