import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import type { TokenManagerOptions } from '../configuration.ts'
import { TokenError } from '../token_error.ts'
import { createTokenManager } from '../token_manager.ts'
import { auth0, cognito, credence, entra, generic, google, keycloak, okta } from './index.ts'

const clientSecret = 'a-secret'
const client = { clientId: 'a-client', clientSecret }
const guid = '3b7e0c52-9f14-4d68-8a2b-51c7d9e0f3a6'
const tenant = '8c3d1f6a-52b7-4e09-9a41-6d2f0b7c9e55'
const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const key = {
  type: 'service_account',
  project_id: 'p',
  private_key_id: 'k1',
  private_key: String(pem),
  client_email: 'job@p.iam.gserviceaccount.com',
  client_id: '1',
  token_uri: 'https://oauth2.googleapis.com/token',
}

const right = {
  credence: () => credence({ ...client, issuer: 'https://auth.example.com', audience: 'https://a.example' }),
  generic: () => generic({ ...client, issuer: 'https://auth.example.com' }),
  auth0: () => auth0({ ...client, domain: 'example.eu.auth0.com', audience: 'https://a.example' }),
  okta: () => okta({ ...client, domain: 'example.okta.com', scope: 'jobs.read' }),
  entra: () => entra({ ...client, clientId: guid, tenant, scope: 'api://a/.default' }),
  cognito: () =>
    cognito({ ...client, domain: 'example.auth.eu-central-1.amazoncognito.com', userPoolId: 'eu-central-1_AbC' }),
  google: () => google({ key, scope: 'https://www.googleapis.com/auth/cloud-platform' }),
  keycloak: () => keycloak({ ...client, url: 'https://sso.example.com', realm: 'jobs' }),
} as const satisfies Record<string, () => TokenManagerOptions>

const places: Readonly<Record<keyof typeof right, readonly [issuer: string, tokenEndpoint: string | undefined]>> = {
  credence: ['https://auth.example.com', undefined],
  generic: ['https://auth.example.com', undefined],
  auth0: ['https://example.eu.auth0.com/', 'https://example.eu.auth0.com/oauth/token'],
  okta: ['https://example.okta.com/oauth2/default', 'https://example.okta.com/oauth2/default/v1/token'],
  entra: [
    `https://login.microsoftonline.com/${tenant}/v2.0`,
    `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`,
  ],
  cognito: [
    'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC',
    'https://example.auth.eu-central-1.amazoncognito.com/oauth2/token',
  ],
  google: ['https://accounts.google.com', 'https://oauth2.googleapis.com/token'],
  keycloak: [
    'https://sso.example.com/realms/jobs',
    'https://sso.example.com/realms/jobs/protocol/openid-connect/token',
  ],
}

for (const [name, make] of Object.entries(right)) {
  test(`${name}: issuer and token endpoint are where the provider has them, and the options make a token manager`, () => {
    const options = make()
    assert.deepEqual([options.issuer, options.tokenEndpoint], places[name as keyof typeof right])
    createTokenManager(options).close()
  })
}

const wrongs: readonly (readonly [name: string, make: () => unknown, says: RegExp])[] = [
  ['credence: no issuer', () => credence({ ...client, issuer: '' }), /wants issuer/],
  [
    'credence: the token endpoint as issuer',
    () => credence({ ...client, issuer: 'https://a.example/oauth/token' }),
    /leave out \/oauth\/token/,
  ],
  [
    'credence: audience and resource apart',
    () => credence({ ...client, issuer: 'https://a.example', audience: 'a', resource: 'b:b' }),
    /give one/,
  ],
  [
    'credence: a credential id as secret',
    () => credence({ clientId: 'a', clientSecret: `cred_${'0'.repeat(26)}`, issuer: 'https://a.example' }),
    /id of a credential/,
  ],
  [
    'generic: the URL of the metadata',
    () => generic({ ...client, issuer: 'https://a.example/.well-known/openid-configuration' }),
    /not the URL of the metadata/,
  ],
  [
    'generic: an unknown place for the secret',
    () => generic({ ...client, issuer: 'https://a.example', secretIn: 'query' as 'body' }),
    /secretIn must be one of/,
  ],
  ['auth0: no audience', () => auth0({ ...client, domain: 'a.auth0.com', audience: '' }), /wants audience.*Identifier/],
  [
    'auth0: a path in the domain',
    () => auth0({ ...client, domain: 'a.auth0.com/oauth/token', audience: 'x' }),
    /domain: the name alone/,
  ],
  [
    'auth0: resource',
    () => auth0({ ...client, domain: 'a.auth0.com', audience: 'x', resource: 'x:y' } as never),
    /no use for resource/,
  ],
  ['okta: no scope', () => okta({ ...client, domain: 'a.okta.com', scope: '' }), /wants scope/],
  ['okta: openid', () => okta({ ...client, domain: 'a.okta.com', scope: 'openid' }), /people who sign in/],
  ['okta: the console', () => okta({ ...client, domain: 'a-admin.okta.com', scope: 'x' }), /leave out -admin/],
  [
    'okta: a custom scope at the org server',
    () => okta({ ...client, domain: 'a.okta.com', authorizationServer: 'org', scope: 'jobs.read' }),
    /cannot mint custom scopes/,
  ],
  [
    "okta: Okta's scope at a custom server",
    () => okta({ ...client, domain: 'a.okta.com', scope: 'okta.users.read' }),
    /authorizationServer: 'org'/,
  ],
  [
    'okta: a secret at the org server',
    () => okta({ ...client, domain: 'a.okta.com', authorizationServer: 'org', scope: 'okta.users.read' }),
    /privateKeyJwt/,
  ],
  [
    'okta: the issuer as server',
    () => okta({ ...client, domain: 'a.okta.com', authorizationServer: 'https://x/', scope: 'x' }),
    /last part of its issuer/,
  ],
  [
    'okta: audience',
    () => okta({ ...client, domain: 'a.okta.com', scope: 'x', audience: 'y' } as never),
    /audience is set at/,
  ],
  [
    'entra: common',
    () => entra({ ...client, clientId: guid, tenant: 'common', scope: 'a/.default' }),
    /its own directory/,
  ],
  [
    'entra: a scope without .default',
    () => entra({ ...client, clientId: guid, tenant, scope: 'api://a/read' }),
    /one scope that ends in \/\.default/,
  ],
  [
    'entra: two scopes',
    () => entra({ ...client, clientId: guid, tenant, scope: 'a/.default b/.default' }),
    /one scope/,
  ],
  ['entra: the name of the app', () => entra({ ...client, tenant, scope: 'a/.default' }), /client\) ID, a GUID/],
  [
    'entra: the Secret ID',
    () => entra({ clientId: guid, clientSecret: guid, tenant, scope: 'a/.default' }),
    /give the Value/,
  ],
  [
    'entra: resource',
    () => entra({ ...client, clientId: guid, tenant, scope: 'a/.default', resource: 'x:y' } as never),
    /v1 endpoint/,
  ],
  [
    'cognito: the issuer as domain',
    () => cognito({ ...client, domain: 'cognito-idp.eu-central-1.amazonaws.com', userPoolId: 'eu-central-1_A' }),
    /domain is not the issuer/,
  ],
  [
    'cognito: the prefix alone',
    () => cognito({ ...client, domain: 'example', userPoolId: 'eu-central-1_A' }),
    /whole name/,
  ],
  ['cognito: no pool', () => cognito({ ...client, domain: 'a.example', userPoolId: 'AbC' }), /region, _ and an id/],
  [
    'cognito: a scope without resource server',
    () => cognito({ ...client, domain: 'a.example', userPoolId: 'eu-central-1_A', scope: 'read' }),
    /unlike read/,
  ],
  [
    'cognito: audience',
    () => cognito({ ...client, domain: 'a.example', userPoolId: 'eu-central-1_A', audience: 'x' } as never),
    /no audience/,
  ],
  [
    'keycloak: the issuer as url',
    () => keycloak({ ...client, url: 'https://a.example/realms/x', realm: 'x' }),
    /leave out \/realms/,
  ],
  ['keycloak: no realm', () => keycloak({ ...client, url: 'https://a.example', realm: '' }), /wants realm/],
  [
    'keycloak: audience',
    () => keycloak({ ...client, url: 'https://a.example', realm: 'x', audience: 'y' } as never),
    /audience mapper/,
  ],
  [
    'google: a path instead of the file',
    () => google({ key: './key.json', scope: 'https://a' }),
    /read the file first/,
  ],
  [
    'google: credentials of a user',
    () => google({ key: { ...key, type: 'authorized_user' }, scope: 'https://a' }),
    /a user's credentials/,
  ],
  ['google: an OAuth client', () => google({ key: { installed: {} }, scope: 'https://a' }), /Service Accounts > Keys/],
  [
    'google: no private key',
    () => google({ key: { ...key, private_key: undefined }, scope: 'https://a' }),
    /no private_key:/,
  ],
  [
    'google: line breaks escaped twice',
    () => google({ key: { ...key, private_key: key.private_key.replaceAll('\n', '\\n') }, scope: 'https://a' }),
    /escaped twice/,
  ],
  [
    'google: a token_uri elsewhere',
    () => google({ key: { ...key, token_uri: 'https://evil.example/token' }, scope: 'https://a' }),
    /not of Google/,
  ],
  ['google: neither scope nor audience', () => google({ key }), /scope .* or targetAudience/],
  ['google: a scope that is no URL', () => google({ key, scope: 'cloud-platform' }), /is a URL/],
  ['google: audience', () => google({ key, scope: 'https://a', audience: 'x' } as never), /targetAudience/],
]

for (const [what, make, says] of wrongs) {
  test(`${what}: invalid_configuration, with what to do`, () => {
    assert.throws(make, (error) => {
      assert.ok(error instanceof TokenError, `${error}`)
      assert.equal(error.code, 'invalid_configuration')
      assert.match(error.message, says)
      // neither secret nor key
      assert.ok(!error.message.includes(clientSecret) && !error.message.includes(key.private_key.slice(40, 80)))
      return true
    })
  })
}

test('a secret that is missing, empty, padded or beside auth is told apart from a wrong one', () => {
  const base = { clientId: 'a', url: 'https://sso.example.com', realm: 'x' }
  for (const options of [
    {},
    { clientSecret: '' },
    { clientSecret: 'x\n' },
    { clientSecret: 'x', auth: () => undefined },
  ]) {
    assert.throws(() => keycloak({ ...base, ...options }), { code: 'invalid_configuration' })
  }
  assert.throws(() => keycloak({ ...base, clientId: '', clientSecret }), /clientId/)
})

test('what a preset does not decide is handed on: timeouts, clock, events, parameters', () => {
  const onEvent = () => undefined
  const options = auth0({
    ...client,
    domain: 'a.auth0.com',
    audience: 'x',
    timeoutMs: 5,
    onEvent,
    parameters: { a: 'b' },
  })
  assert.equal(options.timeoutMs, 5)
  assert.equal(options.onEvent, onEvent)
  assert.deepEqual(options.parameters, { a: 'b' })
})

test('a custom domain, a national cloud, a server below a path, the org server', () => {
  assert.equal(auth0({ ...client, domain: 'login.example.com', audience: 'x' }).issuer, 'https://login.example.com/')
  const cloud = { authority: 'https://login.microsoftonline.us', clientId: guid, clientSecret, tenant }
  assert.match(entra({ ...cloud, scope: 'a/.default' }).tokenEndpoint ?? '', /^https:\/\/login\.microsoftonline\.us\//)
  const below = keycloak({ ...client, url: 'https://sso.example.com/auth/', realm: 'x' })
  assert.equal(below.issuer, 'https://sso.example.com/auth/realms/x')
  const org = okta({
    ...{ clientId: 'a', auth: () => undefined, domain: 'a.okta.com' },
    ...{ authorizationServer: 'org', scope: 'okta.users.read' },
  })
  assert.deepEqual([org.issuer, org.tokenEndpoint], ['https://a.okta.com', 'https://a.okta.com/oauth2/v1/token'])
  const china = cognito({ ...client, domain: 'a.example', userPoolId: 'cn-north-1_A' })
  assert.equal(china.issuer, 'https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A')
})

test("an answer that needs no translation stays as it is, and a provider's words stand behind the advice", () => {
  const { translateAnswer } = right.auth0()
  const body = { access_token: 'x', token_type: 'Bearer' }
  assert.equal(translateAnswer?.({ status: 200, body }), body)
  const denied = { error: 'access_denied', error_description: 'Unauthorized' }
  const translated = translateAnswer?.({ status: 401, body: denied })
  assert.equal(translated?.error, 'invalid_client')
  assert.match(String(translated?.error_description), /wrong.*\[Auth0: access_denied: Unauthorized\]$/)
  const unknown = { error: 'something_new' }
  assert.equal(translateAnswer?.({ status: 400, body: unknown }), unknown)
})

test('okta: its own error document has no error, and still says what it is', () => {
  const translate = (status: number, errorCode: string, errorSummary: string) =>
    right.okta().translateAnswer?.({ status, body: { errorCode, errorSummary, errorId: 'oae1', errorCauses: [] } })
  assert.equal(translate(401, 'invalid_client', "Invalid value for 'client_id' parameter.")?.error, 'invalid_client')
  assert.equal(translate(429, 'E0000047', 'rate limit')?.error, 'temporarily_unavailable')
})

test('entra: by the number, in the list or in the words; a number that is not known is left alone', () => {
  const translate = (body: object) => right.entra().translateAnswer?.({ status: 400, body: { error: 'x', ...body } })
  assert.equal(translate({ error_codes: [700016] })?.error, 'invalid_client')
  assert.equal(translate({ error_description: 'AADSTS500011: no such resource' })?.error, 'invalid_target')
  assert.equal(translate({ error_codes: [1] })?.error, 'x')
  assert.equal(translate({ error_codes: ['toString'] })?.error, 'x')
  const broken = { status: 502, body: { error: 'something_new' } }
  assert.equal(right.entra().translateAnswer?.(broken).error, 'server_error')
})
