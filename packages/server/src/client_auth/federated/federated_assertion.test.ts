import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeClientAssertion, type FetchDocument, JwtError } from '@credence/jwt'
import { type Clock, OAuthError, systemRandomness } from '@credence/protocol'
import { type Client, type ClientRecord, type FederatedCredential, longestClaimSeconds } from '@credence/storage'
import type { PresentedAssertion } from '../client_auth_method.ts'
import { createCheckFederatedAssertion } from './federated_assertion.ts'
import { createFederatedCredential, type NewFederation } from './federated_credential.ts'
import { createPlatformKeys } from './platform_keys.ts'
import { platformNames, platforms } from './platforms/platforms.ts'
import { documentedTokens, ownIssuer } from './testing/documented_tokens.ts'
import { createPlatformIssuer, type PlatformIssuer } from './testing/platform_issuer.ts'

const now = 1_790_000_000
const documented = documentedTokens(now)
const issuer = await createPlatformIssuer()
const otherCluster = await createPlatformIssuer()

const keysIn = ({ jwk }: PlatformIssuer, platform: string) => ({
  keys: [platform === 'spiffe' ? { ...jwk, use: 'jwt-svid' } : jwk],
})

const aClient: Client = {
  clientId: 'report-job',
  name: undefined,
  tokenEndpointAuthMethod: undefined,
  tokenTtlSeconds: undefined,
  defaultScope: undefined,
  quota: undefined,
  managedRotation: undefined,
  dpopBoundAccessTokens: false,
  certificateBoundAccessTokens: false,
  tokenEndpointAudience: false,
  serves: [],
  disabled: false,
  createdAt: now,
  updatedAt: now,
  revision: 1,
}

/** A server with clients, whose time a test can move and whose network is a function. */
const createServer = (fetchDocument: FetchDocument = () => Promise.reject(new Error('no network'))) => {
  const records = new Map<string, ClientRecord>()
  let elapsed = 0
  const clock: Clock = { epochSeconds: () => now + elapsed, monotonicMs: () => elapsed * 1000 }
  const check = createCheckFederatedAssertion({
    directory: { client: (clientId) => records.get(clientId) },
    keysOf: createPlatformKeys({ clock, allowPrivateAddresses: false, fetchDocument }),
    clock,
  })
  return {
    advance: (seconds: number) => {
      elapsed += seconds
    },
    credential: (asked: NewFederation, clientId = 'report-job'): FederatedCredential =>
      createFederatedCredential(
        { clientId, ...asked },
        { issuer: ownIssuer, allowPrivateAddresses: false, clock, randomness: systemRandomness },
      ),
    put: (credentials: readonly FederatedCredential[], changed: Partial<Client> = {}) => {
      const client = { ...aClient, ...changed }
      records.set(client.clientId, { client, credentials, grants: [] })
    },
    ask: (assertion: string, changed: Partial<PresentedAssertion> = {}) =>
      check(
        {
          method: 'client_assertion',
          clientId: 'report-job',
          assertion,
          assertionType: platforms.oidc.assertionType,
          ...changed,
        },
        decodeClientAssertion(assertion),
      ),
  }
}

type Server = ReturnType<typeof createServer>

/** Refused for this reason, of which the caller learns nothing. */
const refused = (promise: Promise<unknown>, reason: RegExp) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof OAuthError, String(error))
    assert.equal(error.code, 'invalid_client')
    assert.equal(error.message, 'client authentication failed')
    assert.match(error.detail ?? '', reason)
    assert.ok((error.detail ?? '').length <= 128, `the audit log would cut this: ${error.detail}`)
    return true
  })

const withPinnedKeys = (name: keyof typeof documented): NewFederation => ({
  ...documented[name].federation,
  jwks: keysIn(issuer, name),
})

for (const name of platformNames) {
  const { header, claims } = documented[name]
  const assertionType = platforms[name].assertionType
  const serving = () => {
    const server = createServer()
    const credential = server.credential(withPinnedKeys(name))
    server.put([credential])
    const ask = (changed: object = {}, wrongHeader: object = {}, by = issuer) =>
      server.ask(by.sign({ ...claims, ...changed }, { ...header, ...wrongHeader }), { assertionType })
    return { server, credential, ask }
  }

  describe(`${platforms[name].title}: the token as documented`, () => {
    it('checklist 23: is accepted, and the credential it fits is named', async () => {
      const { credential, ask } = serving()
      const { credential: used, method, record, replayClaims } = await ask()
      assert.equal(used.credentialId, credential.credentialId)
      assert.equal(method, 'federated')
      assert.equal(record.client.clientId, 'report-job')
      assert.equal(replayClaims.length, platforms[name].singleUse ? 1 : 0)
    })

    it('checklist 24: wrong aud, an aud beside ours, none', async () => {
      const { ask } = serving()
      const own = name === 'azure' ? 'api://credence' : ownIssuer
      assert.ok(await ask({ aud: [own] }))
      await refused(ask({ aud: 'https://auth.example.org' }), /^aud is 'https:\/\/auth\.example\.org'/)
      await refused(ask({ aud: [own, 'https://auth.example.org'] }), /^aud must be one value, and has 2/)
      await refused(ask({ aud: `${own}/` }), /^aud is/)
      for (const aud of [undefined, [], '', 5, [[own]]]) await refused(ask({ aud }), /^aud /)
    })

    it('checklist 23: wrong sub, wrong issuer', async () => {
      const { ask } = serving()
      await refused(ask({ sub: `${claims.sub}x` }), /^sub is '.*x/)
      await refused(ask({ sub: [claims.sub] }), name === 'spiffe' ? /^no credential trusts/ : /^sub must be a string/)
      await refused(ask({ sub: undefined }), name === 'spiffe' ? /^no credential trusts/ : /^sub is missing/)
      if (name === 'spiffe') {
        await refused(
          ask({ sub: 'spiffe://example.com/ns/batch/sa/reporter' }),
          /trust domain of 'spiffe:\/\/example\.com/,
        )
      } else {
        for (const iss of [`${claims.iss}/`, 'https://evil.example', undefined, [claims.iss]]) {
          await refused(ask({ iss }), /^no credential trusts the issuer/)
        }
      }
    })

    it('expired, ahead of its time, too long-lived, without exp', async () => {
      const { ask } = serving()
      const most = platforms[name].maxLifetimeSeconds
      await refused(ask({ iat: now - 300, nbf: now - 300, exp: now - 10 }), /^it expired 10 s ago/)
      assert.ok(await ask({ iat: now - 30, nbf: now - 300, exp: now - 9 }))
      assert.ok(await ask({ iat: now + 10, nbf: now + 10, exp: now + 60 }))
      await refused(ask({ iat: now + 61, exp: now + 120 }), /^iat is 61 s ahead/)
      await refused(ask({ nbf: now + 61 }), /^nbf is 61 s ahead/)
      await refused(
        ask({ iat: now, exp: now + most + 1 }),
        new RegExp(`^it lives ${most + 1} s, and may live ${most} s`),
      )
      for (const exp of [undefined, 'x', null]) await refused(ask({ exp }), /^exp must be a number/)
      if (platforms[name].issuedAtRequired) await refused(ask({ iat: undefined }), /^iat must be a number/)
    })

    it('V15, V2: another cluster’s key, also when the token brings it along', async () => {
      const { ask } = serving()
      await refused(ask({}, {}, otherCluster), /^the signature does not verify/)
      await refused(ask({}, { jwk: otherCluster.jwk }, otherCluster), /^the signature does not verify/)
      await refused(ask({}, { kid: 'other' }), /^the issuer has no key 'other'/)
      await refused(ask({ cnf: { jkt: 'x' } }), /^it is bound to a key by cnf/)
    })

    it('another typ, another client_assertion_type', async () => {
      const { server, ask } = serving()
      await refused(ask({}, { typ: 'secevent+jwt' }), /^typ is 'secevent\+jwt'/)
      const token = issuer.sign(claims, header)
      const other = name === 'spiffe' ? platforms.oidc.assertionType : platforms.spiffe.assertionType
      await refused(server.ask(token, { assertionType: other }), /^client_assertion_type must be urn/)
    })

    for (const { claim, values } of serving().credential.federation.claims) {
      it(`the claim ${claim}: other, or missing`, async () => {
        const { ask } = serving()
        const [first = '', ...path] = claim.startsWith('kubernetes.io.')
          ? ['kubernetes.io', claim.slice('kubernetes.io.'.length)]
          : claim.startsWith('https://')
            ? ['https://sts.amazonaws.com/', 'aws_account']
            : [claim]
        const set = (value: unknown) => (path[0] === undefined ? { [first]: value } : { [first]: { [path[0]]: value } })
        assert.ok(await ask(set(values[0])))
        const start = `^${claim.slice(0, 40).replaceAll('.', '\\.')} `
        await refused(ask(set('other')), new RegExp(`${start}is 'other'`))
        await refused(ask(set(undefined)), new RegExp(`${start}is missing`))
      })
    }
  })
}

describe('federated: who the client is', () => {
  const { header, claims } = documented.kubernetes
  const token = issuer.sign(claims, header)

  it('one subject serves several clients, and only those that have a credential for it', async () => {
    const server = createServer()
    for (const clientId of ['a', 'b'])
      server.put([server.credential(withPinnedKeys('kubernetes'), clientId)], { clientId })
    server.put(
      [server.credential({ ...withPinnedKeys('kubernetes'), subject: 'system:serviceaccount:batch:x' }, 'c')],
      {
        clientId: 'c',
      },
    )
    assert.equal((await server.ask(token, { clientId: 'a' })).record.client.clientId, 'a')
    assert.equal((await server.ask(token, { clientId: 'b' })).record.client.clientId, 'b')
    await refused(server.ask(token, { clientId: 'c' }), /^sub is 'system:serviceaccount:batch:reporter'/)
    await refused(server.ask(token, { clientId: 'system:serviceaccount:batch:reporter' }), /^unknown client/)
  })

  it('A4: a client that is disabled, or has no such credential any more, or whose credential has expired', async () => {
    const server = createServer()
    const credential = server.credential({ ...withPinnedKeys('kubernetes') })
    server.put([credential], { disabled: true })
    await refused(server.ask(token), /^the client is disabled/)
    server.put([])
    await refused(server.ask(token), /^the client has no federated credential/)
    server.put([{ ...credential, expiresAt: now }])
    await refused(server.ask(token), new RegExp(`^expired credential: ${credential.credentialId}`))
    for (const other of ['client_secret_basic', 'client_secret_jwt', 'tls_client_auth'] as const) {
      server.put([credential], { tokenEndpointAuthMethod: other })
      await refused(server.ask(token), new RegExp(`^registered for ${other}, used federated`))
    }
    for (const fitting of ['federated', 'private_key_jwt', undefined] as const) {
      server.put([credential], fitting && { tokenEndpointAuthMethod: fitting })
      assert.ok(await server.ask(token))
    }
  })

  it('of several credentials the first that fits is used; of none that fits the nearest is told of', async () => {
    const server = createServer()
    const of = (changed: Partial<NewFederation>) => server.credential({ ...withPinnedKeys('kubernetes'), ...changed })
    const wrongSubject = of({ subject: 'system:serviceaccount:other:x' })
    const wrongClaim = of({ claims: { 'kubernetes.io.namespace': 'other' } })
    const oldKeys = of({ jwks: keysIn(otherCluster, 'kubernetes') })
    const right = of({})
    server.put([wrongSubject, wrongClaim, oldKeys, right, of({})])
    assert.equal((await server.ask(token)).credential.credentialId, right.credentialId)
    server.put([wrongSubject, wrongClaim])
    await refused(
      server.ask(token),
      new RegExp(`^kubernetes\\.io\\.namespace is 'batch' \\(${wrongClaim.credentialId}\\)`),
    )
    server.put([oldKeys, wrongSubject])
    await refused(server.ask(token), new RegExp(`^the signature does not verify \\(${oldKeys.credentialId}\\)`))
  })

  it('of many credentials that fit a token and have other keys, eight are tried', async () => {
    const server = createServer()
    const wrong = Array.from({ length: 8 }, () =>
      server.credential({ ...documented.kubernetes.federation, jwks: keysIn(otherCluster, 'kubernetes') }),
    )
    const right = server.credential(withPinnedKeys('kubernetes'))
    server.put([...wrong.slice(1), right])
    assert.equal((await server.ask(token)).credential.credentialId, right.credentialId)
    server.put([...wrong, right])
    await refused(server.ask(token), /^the signature does not verify/)
  })

  it('V1: alg none is no assertion at all, and HS256 with the public key is refused', async () => {
    const server = createServer()
    server.put([server.credential(withPinnedKeys('kubernetes'))])
    const unsigned = (alg: string) =>
      `${Buffer.from(JSON.stringify({ alg, kid: issuer.kid })).toString('base64url')}.${token.split('.')[1]}.AAAA`
    for (const alg of ['none', 'nOnE', 'HS512', 'RS1']) {
      assert.throws(() => server.ask(unsigned(alg)), JwtError)
    }
    await refused(server.ask(unsigned('HS256')), /alg is HS256/)
  })

  it('A12: what a stranger put into a claim is cleaned and cut', async () => {
    const server = createServer()
    server.put([server.credential(withPinnedKeys('kubernetes'))])
    const evil = issuer.sign({ ...claims, sub: `x\r\n\u001b[31m"${'y'.repeat(3000)}` })
    await refused(server.ask(evil), /^sub is 'x\?\?\?\[31m\?y+\.\.\.' \(cred_/)
  })

  it('checklist 24: GitHub: a jti is claimed for as long as the token could be used, whichever client it is for', async () => {
    const server = createServer()
    for (const clientId of ['a', 'b']) server.put([server.credential(withPinnedKeys('github'), clientId)], { clientId })
    const { claims, header } = documented.github
    const ask = async (clientId: string, changed: object = {}) =>
      (await server.ask(issuer.sign({ ...claims, ...changed }, header), { clientId })).replayClaims
    const [first] = await ask('a')
    assert.equal(first?.expiresAt, now + 310)
    assert.equal(first?.issuedAt, now)
    assert.deepEqual(await ask('b'), [first])
    assert.notEqual((await ask('a', { jti: 'other' }))[0]?.entry, first?.entry)
    await assert.rejects(ask('a', { jti: undefined }), { code: 'invalid_client', detail: /jti is missing/ })
    // by a clock that is fast, and for as long as can be: remembered for as long as anything is
    const iat = now + 10
    const most = platforms.github.maxLifetimeSeconds
    const [longest] = await ask('a', { iat, exp: iat + most })
    assert.equal(longest?.expiresAt, now + longestClaimSeconds)
    await assert.rejects(ask('a', { iat, exp: iat + most + 1 }), { detail: /and may live 340 s/ })
    const others = platformNames.filter((name) => platforms[name].singleUse && name !== 'github')
    assert.deepEqual(others, [], 'whose tokens would have to be remembered for as long')
  })
})

describe('federated: keys that are fetched', () => {
  const { header, claims, federation } = documented.oidc
  const token = issuer.sign(claims, header)

  /** A network in which the issuer publishes keys until it is taken away. */
  const createNetwork = (keys: readonly unknown[]) => {
    const network = {
      keys,
      isUp: true,
      fetched: [] as string[],
      fetch: async (url: string) => {
        network.fetched.push(url)
        if (!network.isUp) throw new Error('connection refused')
        if (url.endsWith('/openid-configuration')) {
          return {
            document: { issuer: federation.issuer, jwks_uri: 'https://login.example.net/keys' },
            maxAgeSeconds: undefined,
          }
        }
        if (!url.endsWith('/keys')) throw new Error('404')
        return { document: { keys: network.keys }, maxAgeSeconds: undefined }
      },
    }
    return network
  }

  const serving = (keys: readonly unknown[] = [issuer.jwk]) => {
    const network = createNetwork(keys)
    const server = createServer(network.fetch)
    server.put([server.credential(federation)])
    return { network, server }
  }

  const away = async (server: Server, assertion: string, retryAfter: string) =>
    assert.rejects(server.ask(assertion), (error) => {
      assert.ok(error instanceof OAuthError)
      assert.deepEqual([error.code, error.status], ['temporarily_unavailable', 503])
      assert.equal(error.headers['Retry-After'], retryAfter)
      return true
    })

  it('OIDC discovery, once for all who wait', async () => {
    const { network, server } = serving()
    await Promise.all(Array.from({ length: 20 }, () => server.ask(token)))
    assert.deepEqual(network.fetched, [
      'https://login.example.net/.well-known/oauth-authorization-server',
      'https://login.example.net/.well-known/openid-configuration',
      'https://login.example.net/keys',
    ])
  })

  it('K1: a new kid is found once the cool-down is over, and made-up ones cost nothing', async () => {
    const { network, server } = serving()
    await server.ask(token)
    const next = await createPlatformIssuer('platform-2')
    network.keys = [issuer.jwk, next.jwk]
    const before = network.fetched.length
    for (let n = 0; n < 50; n++)
      await refused(server.ask(issuer.sign(claims, { ...header, kid: `k${n}` })), /no key 'k/)
    assert.equal(network.fetched.length, before)
    server.advance(31)
    assert.ok(await server.ask(next.sign(claims, header)))
    assert.ok(await server.ask(token))
  })

  it('claims that fit no credential have nothing fetched', async () => {
    const { network, server } = serving()
    await refused(server.ask(issuer.sign({ ...claims, sub: 'other' }, header)), /^sub is 'other'/)
    assert.deepEqual(network.fetched, [])
  })

  it('checklist 39, K2: never fetched is 503, fetched once is good for a day, and no other client notices', async () => {
    const { network, server } = serving()
    network.isUp = false
    await away(server, token, '5')
    await refused(server.ask(issuer.sign({ ...claims, sub: 'other' }, header)), /^sub is 'other'/)
    server.put([server.credential(withPinnedKeys('kubernetes'), 'other')], { clientId: 'other' })
    const { claims: pod } = documented.kubernetes
    assert.ok(await server.ask(issuer.sign(pod), { clientId: 'other' }))

    network.isUp = true
    server.advance(6)
    assert.ok(await server.ask(token))
    network.isUp = false
    server.advance(80_000)
    const later = { ...claims, iat: now + 80_006, exp: now + 80_600 }
    assert.ok(await server.ask(issuer.sign(later, header)))
    await refused(server.ask(issuer.sign(later, { ...header, kid: 'new' })), /no key 'new'/)
  })

  it('SPIFFE: the bundle endpoint, whose other keys count for nothing', async () => {
    const { header, claims, federation } = documented.spiffe
    const bundle = (use: string) => ({
      keys: [
        { ...otherCluster.jwk, use: 'x509-svid' },
        { ...issuer.jwk, use },
      ],
    })
    let document: Record<string, unknown> = { ...bundle('jwt-svid'), spiffe_refresh_hint: 600 }
    const server = createServer(async () => ({ document, maxAgeSeconds: undefined }))
    server.put([server.credential({ ...federation, jwksUri: 'https://spire.example.org/bundle' })])
    const ask = (by: PlatformIssuer) =>
      server.ask(by.sign(claims, header), { assertionType: platforms.spiffe.assertionType })
    assert.ok(await ask(issuer))
    await refused(ask(otherCluster), /^the signature does not verify/)
    document = bundle('sig')
    server.advance(90_000)
    const later = { ...claims, iat: now + 90_000, exp: now + 90_300 }
    await assert.rejects(
      server.ask(issuer.sign(later, header), { assertionType: platforms.spiffe.assertionType }),
      (error) => error instanceof OAuthError && error.status === 503,
    )
  })

  it('an issuer whose keys are pinned by one client is fetched for another, each by what its operator said', async () => {
    const { network, server } = serving([otherCluster.jwk])
    server.put([server.credential({ ...federation, jwks: keysIn(issuer, 'oidc') }, 'pinned')], { clientId: 'pinned' })
    assert.ok(await server.ask(token, { clientId: 'pinned' }))
    assert.deepEqual(network.fetched, [])
    await refused(server.ask(token), /^the signature does not verify/)
  })
})
