import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTokenManager, TokenError, type TokenErrorCode, type TokenManagerOptions } from '@credence/client'
import { auth0, cognito, credence, entra, generic, google, keycloak, okta } from '@credence/client/presets'
import {
  type ClientOptions,
  type SkinName,
  startTestAuthorizationServer,
  type TestAuthorizationServer,
  type TestAuthorizationServerOptions,
} from './index.ts'

/** The preset of each skin, given what reaches the test server, and something else where a test wants it. */
const presets: {
  readonly [Name in SkinName]: (
    as: TestAuthorizationServer<Name>,
    changes?: Readonly<Record<string, unknown>>,
  ) => TokenManagerOptions
} = {
  credence: (as, changes) => credence({ ...as.presetOptions, ...changes }),
  generic: (as, changes) => generic({ ...as.presetOptions, ...changes }),
  auth0: (as, changes) => auth0({ ...as.presetOptions, ...changes }),
  okta: (as, changes) => okta({ ...as.presetOptions, ...changes }),
  entra: (as, changes) => entra({ ...as.presetOptions, ...changes }),
  cognito: (as, changes) => cognito({ ...as.presetOptions, ...changes }),
  google: (as, changes) => google({ ...as.presetOptions, ...changes }),
  keycloak: (as, changes) => keycloak({ ...as.presetOptions, ...changes }),
}

/** A manager whose options come from the preset, beside its server. */
const start = async <const Name extends SkinName>(
  skin: Name,
  {
    changes = {},
    ...options
  }: Omit<TestAuthorizationServerOptions<Name>, 'skin'> & { readonly changes?: Readonly<Record<string, unknown>> } = {},
) => {
  const as = await startTestAuthorizationServer({ skin, ...options })
  const { clock } = as
  const tokens = createTokenManager({ ...presets[skin](as, changes), clock, retry: { maxAttempts: 1 } })
  return { as, tokens, [Symbol.asyncDispose]: as.close }
}

const tokenRequests = ({ requests }: TestAuthorizationServer<SkinName>) =>
  requests.filter(({ endpoint }) => endpoint === 'token')

const refusalOf = async (promise: Promise<unknown>): Promise<TokenError> => {
  const error = await promise.then(
    () => assert.fail('there is a token'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof TokenError, `${error}`)
  return error
}

const names = Object.keys(presets) as readonly SkinName[]

for (const name of names) {
  test(`preset ${name}: a token, from memory while it is fresh, and a new one after its time`, async () => {
    await using started = await start(name)
    const { as, tokens } = started
    const first = await tokens.getToken()
    assert.equal(await tokens.getToken(), first)
    assert.equal(tokenRequests(as).length, 1)
    as.clock.advance(86_400)
    const second = await tokens.getToken()
    assert.notEqual(second.accessToken, first.accessToken)
    assert.equal(tokenRequests(as).length, 2)
  })
}

const secretClients = names.filter((name) => name !== 'google')

for (const name of secretClients) {
  test(`preset ${name}: a wrong secret is invalid_client, whatever the provider calls it`, async () => {
    await using started = await start(name, { changes: { clientSecret: 'not-the-secret' } })
    const error = await refusalOf(started.tokens.getToken())
    assert.equal(error.code, 'invalid_client', error.message)
    assert.doesNotMatch(error.message, /not-the-secret/)
  })

  test(`preset ${name}: an unknown client is invalid_client`, async () => {
    const clientId = name === 'entra' ? '00000000-0000-4000-8000-000000000000' : 'nobody'
    await using started = await start(name, { changes: { clientId } })
    assert.equal((await refusalOf(started.tokens.getToken())).code, 'invalid_client')
  })

  test(`preset ${name}: a secret source is asked again after a refusal, so that a rotation is no failure`, async () => {
    const as = await startTestAuthorizationServer({ skin: name })
    let secret = 'the-old-one'
    const clientSecret = () => {
      const given = secret
      secret = as.clientSecret
      return given
    }
    const tokens = createTokenManager(presets[name](as as never, { clientSecret }))
    assert.ok((await tokens.getToken()).accessToken)
    assert.equal(tokenRequests(as).length, 2)
    await as.close()
  })
}

interface Refused {
  readonly name: SkinName
  readonly what: string
  readonly client?: ClientOptions
  readonly changes: Readonly<Record<string, unknown>>
  readonly code: TokenErrorCode
  readonly says: RegExp
}

const expiresLater = { secretExpiresAt: 1 }

const refusals: readonly Refused[] = [
  {
    name: 'credence',
    what: 'a scope that is not granted',
    client: { scope: ['read'] },
    changes: { scope: 'write' },
    code: 'invalid_scope',
    says: /write/,
  },
  {
    name: 'credence',
    what: 'an API that is not granted',
    client: { audience: 'https://a.example' },
    changes: { audience: 'https://b.example' },
    code: 'invalid_target',
    says: /b\.example/,
  },
  {
    name: 'generic',
    what: 'a scope that is not granted',
    client: { scope: ['read'] },
    changes: { scope: 'write' },
    code: 'invalid_scope',
    says: /write/,
  },
  {
    name: 'auth0',
    what: 'an API without client grant',
    client: { audience: 'https://a.example' },
    changes: { audience: 'https://b.example' },
    code: 'invalid_target',
    says: /Machine to Machine.*access_denied/,
  },
  {
    name: 'auth0',
    what: 'a scope that is not granted',
    client: { scope: ['read:a'] },
    changes: { scope: 'read:b' },
    code: 'invalid_scope',
    says: /Machine to Machine.*read:b/,
  },
  {
    name: 'okta',
    what: 'a scope that the server has not',
    client: { scope: ['a.read'] },
    changes: { scope: 'b.read' },
    code: 'invalid_scope',
    says: /Authorization Server|Scopes/,
  },
  {
    name: 'entra',
    what: 'an API that is not in the directory',
    client: { audience: 'api://a' },
    changes: { scope: 'api://b/.default' },
    code: 'invalid_target',
    says: /application ID URI.*AADSTS500011/,
  },
  {
    name: 'entra',
    what: 'an expired secret',
    client: expiresLater,
    changes: {},
    code: 'invalid_client',
    says: /expired secret.*AADSTS7000222/,
  },
  {
    name: 'entra',
    what: 'a wrong secret',
    changes: { clientSecret: 'x' },
    code: 'invalid_client',
    says: /wrong secret.*AADSTS7000215/,
  },
  {
    name: 'cognito',
    what: 'a scope that is not enabled',
    client: { scope: ['orders/read'] },
    changes: { scope: 'orders/write' },
    code: 'invalid_scope',
    says: /Custom scopes/,
  },
  {
    name: 'keycloak',
    what: 'a client scope that the client has not',
    client: { scope: ['orders'] },
    changes: { scope: 'jobs' },
    code: 'invalid_scope',
    says: /Client scopes.*jobs/,
  },
  {
    name: 'google',
    what: 'a scope that is not granted',
    client: { scope: ['https://www.googleapis.com/auth/a'] },
    changes: { scope: 'https://www.googleapis.com/auth/b' },
    code: 'invalid_scope',
    says: /unknown to Google/,
  },
]

for (const { name, what, client, changes, code, says } of refusals) {
  test(`preset ${name}: ${what} is ${code}, and the message says what to do`, async () => {
    await using started = await start(name, { client, changes })
    const error = await refusalOf(started.tokens.getToken())
    assert.equal(error.code, code, error.message)
    assert.match(error.message, says)
  })
}

test('preset google: RFC 7523 §3: the assertion names the service account, the scope and the token endpoint', async () => {
  await using started = await start('google')
  await started.tokens.getToken()
  const [request] = tokenRequests(started.as)
  const [, payload = ''] = request?.form.assertion?.split('.') ?? []
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  assert.equal(claims.iss, started.as.clientId)
  assert.equal(claims.aud, started.as.tokenEndpoint)
  assert.equal(claims.scope, started.as.presetOptions.scope)
  assert.ok(claims.exp - claims.iat <= 3600)
  assert.deepEqual(Object.keys(request?.form ?? {}).sort(), ['assertion', 'grant_type'])
})

test('preset google: an ID token for an audience, with the lifetime that it says itself', async () => {
  const target = 'https://run.example.com'
  await using started = await start('google', { changes: { scope: undefined, targetAudience: target } })
  const token = await started.tokens.getToken()
  const claims = JSON.parse(Buffer.from(token.accessToken.split('.')[1] ?? '', 'base64url').toString())
  assert.equal(claims.aud, target)
  assert.equal(token.expiresAt, claims.exp)
})

test('preset google: a key of another account, and a deleted account, are invalid_client', async () => {
  await using other = await startTestAuthorizationServer({ skin: 'google', seed: 'other' })
  await using started = await start('google')
  const { as } = started
  const { key } = as.presetOptions
  const stolen = { ...key, private_key: other.presetOptions.key.private_key }
  const wrongKey = createTokenManager(google({ ...as.presetOptions, key: stolen, clock: as.clock }))
  assert.match((await refusalOf(wrongKey.getToken())).message, /key was deleted or is of another/)
  const deleted = { ...key, client_email: 'gone@example-project.iam.gserviceaccount.com' }
  const noAccount = createTokenManager(google({ ...as.presetOptions, key: deleted, clock: as.clock }))
  const error = await refusalOf(noAccount.getToken())
  assert.equal(error.code, 'invalid_client')
  assert.match(error.message, /was deleted/)
})

test('preset auth0: the secret goes in the body and the organization beside it; okta and cognito: in the header', async () => {
  await using viaBody = await start('auth0', { changes: { organization: 'org_1' } })
  await viaBody.tokens.getToken()
  const [sent] = tokenRequests(viaBody.as)
  assert.equal(sent?.form.client_secret, viaBody.as.clientSecret)
  assert.equal(sent?.form.organization, 'org_1')
  for (const name of ['okta', 'cognito'] as const) {
    await using viaHeader = await start(name)
    await viaHeader.tokens.getToken()
    assert.match(tokenRequests(viaHeader.as)[0]?.headers.authorization ?? '', /^Basic /)
  }
})

test("every preset's own URLs, with nothing of a test in the options but fetch", async () => {
  for (const name of names) {
    await using as = await startTestAuthorizationServer({ skin: name, providerUrls: true })
    const { fetch, clock } = as
    const options = presets[name](as as never)
    assert.match(options.tokenEndpoint ?? options.issuer, /^https:/)
    const token = await createTokenManager({ ...options, fetch, clock }).getToken()
    assert.ok(token.accessToken, name)
  }
})

for (const name of names) {
  test(`preset ${name}: 429 is temporarily_unavailable, whatever the provider calls it, and is tried again`, async () => {
    await using started = await start(name)
    started.as.fault({ status: 429 })
    assert.equal((await refusalOf(started.tokens.getToken())).code, 'temporarily_unavailable')
    assert.ok(await started.tokens.getToken())
  })
}
