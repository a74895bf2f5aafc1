import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createLocalKeySet, createSigner, generateSigningKeyPair, publicJwk } from '@credence/jwt'
import type { Refusal } from '../refusal.ts'
import { type Accepted, createResourceServer } from '../resource_server.ts'
import { createTestClock, now, resource } from '../testing/test_issuer.ts'
import type { IssuerOptions } from '../trusted_issuers.ts'
import { auth0 } from './auth0.ts'
import { cognito } from './cognito.ts'
import { entra } from './entra.ts'
import { google } from './google.ts'
import { jwtLegacy } from './jwt_legacy.ts'
import { keycloak } from './keycloak.ts'
import { okta } from './okta.ts'
import type { TokenProfile } from './token_profile.ts'

const { privateKey, publicKey } = await generateSigningKeyPair('RS256')
const signer = createSigner({ privateKey, algorithm: 'RS256', kid: 'key-1' })
const keys = createLocalKeySet({ keys: [publicJwk(publicKey, { algorithm: 'RS256', kid: 'key-1' })] })

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

type Json = Readonly<Record<string, unknown>>

/** How a provider's token looks, and the resource server that is to accept it. */
interface Documented {
  readonly header: Json
  readonly claims: Json
  readonly options: Omit<IssuerOptions, 'issuer' | 'keys'>
}

/** Gives the token with these changes to a resource server of that provider; undefined leaves a member out. */
const verify = ({ header, claims, options }: Documented, wrongClaims: Json = {}, wrongHeader: Json = {}) => {
  const input = `${encode({ alg: 'RS256', kid: 'key-1', ...header, ...wrongHeader })}.${encode({ ...claims, ...wrongClaims })}`
  const token = `${input}.${signer.sign(input).toString('base64url')}`
  const server = createResourceServer({
    resource,
    issuers: [{ issuer: String(claims.iss), keys, ...options }],
    clock: createTestClock(),
  })
  return server.verify({ method: 'GET', url: '/', headers: { authorization: `Bearer ${token}` } })
}

const accepted = (result: Accepted | Refusal) => {
  assert.ok(result.ok, result.ok ? '' : `${result.code}: ${result.description}`)
  return result.token
}

const refused = async (documented: Documented, code: Refusal['code'], changes: readonly [Json, Json?][]) => {
  for (const [claims, header] of changes) {
    const result = await verify(documented, claims, header)
    assert.ok(!result.ok, `accepted: ${JSON.stringify([claims, header])}`)
    assert.equal(result.code, code, JSON.stringify([claims, header]))
    assert.equal(result.status, 401)
  }
}

/** Asserts that a resource server of the profile cannot be made with these issuers. */
const refusesIssuers = (profile: IssuerOptions['profile'] & {}, issuers: readonly string[]) => {
  for (const issuer of issuers) {
    assert.throws(() => createResourceServer({ resource, issuers: [{ issuer, profile }] }), TypeError, issuer)
  }
}

const times = { iat: now - 10, exp: now + 3590 }

/** Whatever the profile, these are checked. */
const checksAsAlways = async (documented: Documented) => {
  await refused(documented, 'wrong_audience', [[{ aud: 'https://invoices.example.com' }]])
  await refused(documented, 'expired', [[{ iat: now - 3700, exp: now - 100 }]])
  await refused(documented, 'invalid_claims', [[{ aud: [resource, 5] }], [{ sub: 5 }], [{ sub: undefined }]])
  await refused(documented, 'not_yet_valid', [[{ nbf: now + 60 }], [{ iat: now + 60 }]])
  await refused(documented, 'wrong_type', [
    [{}, { typ: 'dpop+jwt' }],
    [{}, { typ: 'logout+jwt' }],
  ])
  await refused(documented, 'unsupported_algorithm', [
    [{}, { alg: 'HS256' }],
    [{}, { alg: 'none' }],
  ])
  const { claims } = documented
  await refused(documented, 'wrong_issuer', [[{ iss: `${claims.iss}x` }], [{ iss: `${claims.iss}/` }]])
}

describe('RFC 9068, without a profile', () => {
  const strict: Documented = {
    header: { typ: 'at+jwt' },
    claims: {
      iss: 'https://auth.example.com',
      sub: 'a',
      client_id: 'a',
      aud: resource,
      jti: 'j',
      scope: 'x:y',
      ...times,
    },
    options: {},
  }

  it('V5: typ JWT and no typ are refused, and jwt-legacy is the name by which both are accepted', async () => {
    accepted(await verify(strict))
    await refused(strict, 'wrong_type', [
      [{}, { typ: 'JWT' }],
      [{}, { typ: undefined }],
    ])
    const legacy: Documented = { ...strict, options: { typ: 'jwt-legacy' } }
    for (const typ of ['JWT', 'jwt', undefined, 'at+jwt']) accepted(await verify(legacy, {}, { typ }))
    await checksAsAlways(legacy)
  })

  it('V5: jwt-legacy lets in no ID token, logout token or token without a client', async () => {
    const legacy: Documented = { ...strict, options: { typ: 'jwt-legacy' } }
    const typ = { typ: 'JWT' }
    await refused(legacy, 'wrong_type', [
      [{ nonce: 'n' }, typ],
      [{ at_hash: 'h' }, typ],
      [{ c_hash: 'h' }, typ],
      [{ events: {} }, typ],
    ])
    await refused(legacy, 'invalid_claims', [
      [{ client_id: undefined }, typ],
      [{ jti: undefined }, typ],
    ])
  })

  it('profile credence is the same as none', async () => {
    accepted(await verify({ ...strict, options: { profile: 'credence' } }))
    await refused({ ...strict, options: { profile: 'credence' } }, 'wrong_type', [[{}, { typ: 'JWT' }]])
  })

  it('a profile that does not exist, needs to be told more, or is given beside typ is refused with what to write', () => {
    const create = (options: object) =>
      createResourceServer({ resource, issuers: [{ issuer: 'https://auth.example.com', ...options } as IssuerOptions] })
    for (const [options, message] of [
      [{ profile: 'ping' }, /one of auth0, cognito, credence, entra, google, keycloak, okta/],
      [{ profile: 'toString' }, /one of/],
      [{ profile: 'cognito' }, /cognito\(\{ clientIds \}\)/],
      [{ profile: 'google' }, /google\(\{ serviceAccounts \}\)/],
      [{ profile: 'credence', typ: 'jwt-legacy' }, /leave out profile or typ/],
      [{ typ: 'JWT' }, /jwt-legacy/],
    ] as const) {
      assert.throws(() => create(options), message)
    }
  })
})

describe('Auth0', () => {
  const machine: Documented = {
    header: { typ: 'JWT' },
    claims: {
      iss: 'https://tenant.eu.auth0.com/',
      sub: 'abcDEF123@clients',
      aud: resource,
      azp: 'abcDEF123',
      scope: 'orders:read orders:list',
      gty: 'client-credentials',
      ...times,
    },
    options: { profile: 'auth0' },
  }
  const rfc9068: Documented = {
    ...machine,
    header: { typ: 'at+jwt' },
    claims: { ...machine.claims, azp: undefined, gty: undefined, client_id: 'abcDEF123', jti: 'j' },
  }

  it('tokens of both of its profiles are accepted', async () => {
    for (const documented of [machine, rfc9068]) {
      const { clientId, scopes, claims } = accepted(await verify(documented))
      assert.equal(clientId, 'abcDEF123')
      assert.deepEqual(scopes, ['orders:read', 'orders:list'])
      assert.ok(claims.jti.length > 0)
      await checksAsAlways(documented)
    }
    assert.equal(accepted(await verify(rfc9068)).claims.jti, 'j')
  })

  it('a token without jti is told from others by what was signed', async () => {
    const [one, same, other] = await Promise.all([verify(machine), verify(machine), verify(machine, { exp: now + 60 })])
    assert.equal(accepted(one).claims.jti, accepted(same).claims.jti)
    assert.notEqual(accepted(one).claims.jti, accepted(other).claims.jti)
  })

  it('no client, two clients, an application that is another than its client, an ID token: refused', async () => {
    await refused(machine, 'invalid_claims', [
      [{ azp: undefined }],
      [{ client_id: 'other' }],
      [{ sub: 'other@clients' }],
      [{ azp: ['abcDEF123'] }],
      [{ jti: 5 }],
    ])
    await refused(machine, 'wrong_type', [[{ nonce: 'n' }], [{ at_hash: 'h' }], [{}, { typ: undefined }]])
    refusesIssuers('auth0', ['https://tenant.eu.auth0.com', 'https://tenant.eu.auth0.com/api/'])
  })
})

describe('Okta', () => {
  const documented: Documented = {
    header: {},
    claims: {
      ver: 1,
      jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
      iss: 'https://example.okta.com/oauth2/ausABC123',
      aud: resource,
      sub: '0oaClient',
      cid: '0oaClient',
      scp: ['orders:read', 'orders:list'],
      ...times,
    },
    options: { profile: 'okta' },
  }

  it('tokens of a custom authorization server are accepted', async () => {
    const { clientId, scopes, claims } = accepted(await verify(documented))
    assert.deepEqual([clientId, scopes], ['0oaClient', ['orders:read', 'orders:list']])
    assert.equal(claims.jti, documented.claims.jti)
    assert.deepEqual(accepted(await verify(documented, { scp: undefined })).scopes, [])
    await checksAsAlways(documented)
  })

  it('no cid, scp that is no list of scopes, another version, an ID token: refused', async () => {
    await refused(documented, 'invalid_claims', [
      [{ cid: undefined }],
      [{ scp: 'orders:read' }],
      [{ scp: ['orders:read orders:write'] }],
      [{ scp: [5] }],
      [{ scp: [''] }],
      [{ ver: undefined }],
    ])
    await refused(documented, 'wrong_type', [
      [{ nonce: 'n' }],
      [{ at_hash: 'h' }],
      [{}, { typ: 'JWT' }],
      [{}, { typ: 'application/okta-internal-at+jwt' }],
    ])
    refusesIssuers('okta', [
      'https://example.okta.com',
      'https://example.okta.com/oauth2',
      'https://example.okta.com/oauth2/default/',
    ])
  })
})

describe('Entra', () => {
  const tid = '11111111-2222-3333-4444-555555555555'
  const application = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
  const common = { aud: resource, sub: 'object', oid: 'object', tid, uti: 'u1', roles: ['Orders.Read.All'], ...times }
  const version2: Documented = {
    header: { typ: 'JWT' },
    claims: {
      iss: `https://login.microsoftonline.com/${tid}/v2.0`,
      ver: '2.0',
      azp: application,
      azpacr: '1',
      ...common,
    },
    options: { profile: 'entra' },
  }
  const version1: Documented = {
    ...version2,
    claims: { iss: `https://sts.windows.net/${tid}/`, ver: '1.0', appid: application, appidacr: '1', ...common },
  }

  it('tokens of both versions for applications are accepted, and roles are their scopes', async () => {
    for (const documented of [version2, version1]) {
      const { clientId, scopes, claims } = accepted(await verify(documented, { idtyp: 'app' }))
      assert.deepEqual([clientId, scopes, claims.jti], [application, ['Orders.Read.All'], 'u1'])
      assert.deepEqual(accepted(await verify(documented, { roles: undefined })).scopes, [])
      assert.ok(accepted(await verify(documented, { uti: undefined })).claims.jti)
      await checksAsAlways(documented)
    }
  })

  it('V15: a token of another tenant, of another version, for a user, or an ID token is refused', async () => {
    for (const documented of [version2, version1]) {
      await refused(documented, 'wrong_type', [
        [{ scp: 'Orders.Read' }],
        [{ idtyp: 'user' }],
        [{ nonce: 'n' }],
        [{ at_hash: 'h' }],
        [{}, { typ: undefined }],
      ])
      await refused(documented, 'invalid_claims', [
        [{ tid: '11111111-2222-3333-4444-666666666666' }],
        [{ tid: undefined }],
        [{ azp: undefined, appid: undefined }],
        [{ roles: 'Orders.Read.All' }],
        [{ roles: ['a b'] }],
      ])
    }
    await refused(version2, 'invalid_claims', [[{ ver: '1.0' }]])
    await refused(version1, 'invalid_claims', [[{ ver: '2.0' }]])
  })

  it('an issuer that stands for every tenant, or for none, is refused', () => {
    const host = 'https://login.microsoftonline.com'
    refusesIssuers('entra', [
      `${host}/common/v2.0`,
      `${host}/organizations/v2.0`,
      `${host}/contoso.onmicrosoft.com/v2.0`,
      `${host}/${tid}`,
      `${host}/${tid}/v2.0/`,
      `https://login.microsoftonline.com.attacker.com/${tid}/v2.0`,
      `https://sts.windows.net/${tid}`,
    ])
  })

  it('keys of version 1.0 are looked for where its metadata says, under another host', async () => {
    const fetches: string[] = []
    const { iss: issuer } = version1.claims
    const server = createResourceServer({
      resource,
      issuers: [{ issuer: String(issuer), profile: 'entra' }],
      clock: createTestClock(),
      fetchDocument: async (url) => {
        fetches.push(url)
        throw new Error('status 404')
      },
    })
    const token = `${encode({ alg: 'RS256', kid: 'key-1', typ: 'JWT' })}.${encode(version1.claims)}.AAAA`
    await server.verify({ headers: { authorization: `Bearer ${token}` } })
    assert.deepEqual(fetches, [`https://login.microsoftonline.com/${tid}/discovery/keys`])
  })
})

describe('Cognito', () => {
  const documented: Documented = {
    header: {},
    claims: {
      sub: '1example23456789',
      token_use: 'access',
      scope: 'orders-api/read orders-api/list',
      auth_time: now - 10,
      iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123',
      version: 2,
      jti: 'j',
      client_id: '1example23456789',
      ...times,
    },
    options: { profile: cognito({ clientIds: ['1example23456789'] }) },
  }
  const byScope: Documented = { ...documented, options: { profile: cognito({ resourceServer: 'orders-api' }) } }

  it('tokens of the clients named, or with a scope of the resource server named, are accepted', async () => {
    for (const subject of [documented, byScope]) {
      const { clientId, scopes, claims } = accepted(await verify(subject))
      assert.deepEqual([clientId, scopes], ['1example23456789', ['orders-api/read', 'orders-api/list']])
      assert.equal(claims.aud, resource)
      await checksAsAlways(subject)
    }
  })

  it('V15: a token of another client, or without a scope of ours, is refused', async () => {
    await refused(documented, 'wrong_audience', [[{ client_id: 'other' }]])
    await refused(byScope, 'wrong_audience', [
      [{ scope: 'invoices-api/read' }],
      [{ scope: 'orders-api' }],
      [{ scope: 'orders-api-2/read' }],
      [{ scope: undefined }],
      [{ scope: ['orders-api/read'] }],
    ])
    const profile = cognito({ clientIds: ['other'], resourceServer: 'orders-api' })
    await refused({ ...documented, options: { profile } }, 'wrong_audience', [[{}]])
  })

  it('V15: an aud that is there is checked, and an ID token is refused', async () => {
    await refused(documented, 'wrong_type', [[{ token_use: 'id', aud: resource }], [{ token_use: undefined }]])
    await refused(documented, 'invalid_claims', [[{ client_id: undefined }], [{ aud: null }]])
  })

  it('neither clients nor a resource server, or an issuer of another form, is refused', () => {
    for (const wrong of [
      {},
      { clientIds: [] },
      { clientIds: [''] },
      { resourceServer: '' },
      { resourceServer: 'a b' },
    ]) {
      assert.throws(() => cognito(wrong), TypeError)
    }
    refusesIssuers(cognito({ clientIds: ['a'] }), [
      'https://cognito-idp.eu-west-1.amazonaws.com',
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123/',
      'https://cognito-idp.eu-west-1.attacker.com/eu-west-1_AbCdEf123',
    ])
  })
})

describe('Google', () => {
  const email = 'caller@project.iam.gserviceaccount.com'
  const documented: Documented = {
    header: { typ: 'JWT' },
    claims: {
      iss: 'https://accounts.google.com',
      aud: resource,
      azp: '113774264463038321964',
      sub: '113774264463038321964',
      email,
      email_verified: true,
      ...times,
    },
    options: { profile: google({ serviceAccounts: { [email]: ['orders:read'] } }) },
  }

  it('tokens of the accounts named are accepted, with the scopes they are given here', async () => {
    const { clientId, scopes, claims } = accepted(await verify(documented))
    assert.deepEqual([clientId, scopes], [email, ['orders:read']])
    assert.ok(claims.jti.length > 0)
    const profile = google({ serviceAccounts: { '113774264463038321964': [] } })
    const byId = accepted(await verify({ ...documented, options: { profile } }, { email: undefined }))
    assert.deepEqual([byId.clientId, byId.scopes], ['113774264463038321964', []])
    await checksAsAlways(documented)
  })

  it('V15: another account, an unverified address, a token for longer than an hour: refused', async () => {
    await refused(documented, 'wrong_audience', [
      [{ email: 'attacker@project.iam.gserviceaccount.com' }],
      [{ email_verified: false }],
      [{ email_verified: 'true' }],
      [{ email: undefined }],
      [{ email: '__proto__' }],
      [{ email: 'toString' }],
    ])
    await refused(documented, 'invalid_claims', [[{ exp: now + 3591 }], [{ exp: undefined }], [{ azp: undefined }]])
    await refused(documented, 'wrong_type', [
      [{}, { typ: undefined }],
      [{}, { typ: 'at+jwt' }],
    ])
  })

  it('no account, a scope that is none, or another issuer is refused', () => {
    assert.throws(() => google({ serviceAccounts: {} }), TypeError)
    assert.throws(() => google({ serviceAccounts: { a: ['x y'] } }), TypeError)
    refusesIssuers(google({ serviceAccounts: { a: [] } }), ['https://accounts.google.com/', 'https://google.com'])
  })
})

describe('Keycloak', () => {
  const documented: Documented = {
    header: { typ: 'JWT' },
    claims: {
      jti: 'trrtcc:0d4a8d04',
      iss: 'https://sso.example.com/realms/production',
      aud: [resource, 'account'],
      sub: 'd952cf23-bf92-4c8f-a3ff-4972b4f2bc5b',
      typ: 'Bearer',
      azp: 'reporter',
      acr: '1',
      scope: 'orders:read profile',
      client_id: 'reporter',
      ...times,
    },
    options: { profile: 'keycloak' },
  }

  it('tokens of a realm are accepted, with either typ in the header', async () => {
    for (const typ of ['JWT', 'at+jwt']) {
      const { clientId, scopes } = accepted(await verify(documented, {}, { typ }))
      assert.deepEqual([clientId, scopes], ['reporter', ['orders:read', 'profile']])
    }
    accepted(await verify(documented, { client_id: undefined }))
    await checksAsAlways(documented)
  })

  it('ID, refresh and logout tokens, a token without azp, and one with two clients are refused', async () => {
    for (const typ of ['ID', 'Refresh', 'Logout', 'Offline', 'bearer', undefined, 'DPoP']) {
      await refused(documented, 'wrong_type', [[{ typ }], [{ typ }, { typ: 'at+jwt' }]])
    }
    await refused(documented, 'invalid_claims', [[{ azp: undefined }], [{ client_id: 'other' }]])
    refusesIssuers('keycloak', [
      'https://sso.example.com',
      'https://sso.example.com/realms/',
      'https://sso.example.com/realms/production/',
      'https://sso.example.com/realms/production/protocol',
    ])
  })
})

it('docs/tasks/accept-tokens-of-your-provider.md says what each profile relaxes, and why that is safe', () => {
  const page = readFileSync(
    join(import.meta.dirname, '../../../../docs/tasks/accept-tokens-of-your-provider.md'),
    'utf8',
  ).replaceAll(/\s+/g, ' ')
  const profiles: readonly TokenProfile[] = [
    auth0,
    okta,
    entra,
    cognito({ clientIds: ['a'] }),
    google({ serviceAccounts: { a: [] } }),
    keycloak,
    jwtLegacy,
  ]
  for (const { name, relaxations } of profiles) {
    for (const { what, why } of relaxations) {
      assert.ok(page.includes(`| ${what} | ${why} |`), `${name}: | ${what} | ${why} |`)
    }
  }
})
