import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Api, Client, ClientRecord, Credential, Grant } from '@credence/storage'
import fc from 'fast-check'
import { aClient, aCredential, anApi, now } from '../../../storage/src/testing/fixtures.ts'
import { createClientCredentials } from '../grants/client_credentials.ts'
import { checkBinding, unbound } from '../policy/sender_binding.ts'
import { fapi2 } from '../profiles/fapi2.ts'
import { createProfileRules } from '../profiles/profile_rules.ts'
import { createExplain } from './explain_request.ts'

const clock = { epochSeconds: () => now, monotonicMs: () => now * 1000 }
const noProfile = createProfileRules(undefined)

const { kind: _kind, secretDigest, sealedSecret, ...facts } = aCredential({ clientId: 'job', expiresAt: undefined })
const secret: Credential = { ...facts, kind: 'secret', secretDigest, sealedSecret: undefined }
const key: Credential = {
  ...facts,
  credentialId: 'cred_key',
  kind: 'key',
  key: { jwksUri: 'https://job.example.com/k' },
}
const orders = anApi({ audience: 'urn:orders', scopes: ['read', 'write'], tokenTtlSeconds: 600 })
const grantOn = (audience: string, scopes: readonly string[]): Grant => ({
  clientId: 'job',
  audience,
  scopes,
  createdAt: now,
  updatedAt: now,
})

interface Setting {
  readonly client?: Partial<Client>
  readonly credentials?: readonly Credential[]
  readonly grants?: readonly Grant[]
  readonly apis?: readonly Api[]
  readonly rules?: ReturnType<typeof createProfileRules>
}

const explainer = ({
  client = {},
  credentials = [secret],
  grants = [grantOn('urn:orders', ['read'])],
  apis = [orders],
  rules = noProfile,
}: Setting = {}) => {
  const plain = { disabled: false, tokenEndpointAuthMethod: undefined, defaultScope: undefined, quota: undefined }
  const record: ClientRecord = {
    client: aClient({ clientId: 'job', ...plain, tokenTtlSeconds: undefined, ...client }),
    credentials,
    grants,
  }
  const directory = {
    client: (id: string) => (id === 'job' ? record : undefined),
    api: (audience: string) => apis.find((api) => api.audience === audience),
    clientByCredential: () => undefined,
    apply: () => {},
    clear: () => {},
    parts: {} as never,
  }
  const grant = rules.grant(createClientCredentials(directory))
  const ask = createExplain({ directory, grant, rules, clock })
  return {
    record,
    grant,
    explain: (audience?: string, scope?: string, clientId = 'job') => ask({ clientId, audience, scope }),
  }
}

const refusing = ({ rulings }: Awaited<ReturnType<ReturnType<typeof createExplain>>>) =>
  rulings.filter(({ verdict }) => verdict === 'refuses').map(({ rule, error }) => [rule, error])

describe('explain', () => {
  it('says of what is granted each rule with its reason, and what the token would be', async () => {
    const { granted, rulings, token } = await explainer({
      client: { quota: { tokensPerMinute: 30, mode: 'enforce' } },
    }).explain('urn:orders', 'read')
    assert.equal(granted, true)
    assert.deepEqual(
      rulings.map(({ rule, verdict }) => [rule, verdict]),
      [
        ['client', 'allows'],
        ['credentials', 'allows'],
        ['target', 'allows'],
        ['scope', 'allows'],
        ['lifetime', 'allows'],
        ['sender_constraint', 'allows'],
        ['quota', 'depends'],
      ],
    )
    assert.deepEqual(token, { audience: 'urn:orders', scope: ['read'], ttlSeconds: 600 })
  })

  it('names the rule that refuses, and goes on where it can', async () => {
    assert.deepEqual(refusing(await explainer().explain('urn:orders', 'read', 'nobody')), [
      ['client', 'invalid_client'],
    ])
    assert.deepEqual(refusing(await explainer().explain('urn:other')), [['target', 'invalid_target']])
    assert.deepEqual(refusing(await explainer().explain('urn:orders', 'write')), [['scope', 'invalid_scope']])
    assert.deepEqual(refusing(await explainer().explain('urn:orders', 'a"b')), [['scope', 'invalid_scope']])
    assert.deepEqual(
      refusing(await explainer({ client: { disabled: true }, credentials: [] }).explain('urn:orders', 'write')),
      [
        ['client', 'invalid_client'],
        ['credentials', 'invalid_client'],
        ['scope', 'invalid_scope'],
      ],
    )
    assert.deepEqual(refusing(await explainer({ apis: [] }).explain('urn:orders')), [['target', 'invalid_target']])
  })

  it('says which credentials could authenticate it by which method, and why the others could not', async () => {
    const of = async (client: Partial<Client>, credentials: readonly Credential[]) =>
      (await explainer({ client, credentials }).explain('urn:orders')).rulings[1]
    assert.match(
      (await of({}, [secret, key]))?.because ?? '',
      /by client_secret_basic or client_secret_post; cred_key.* by private_key_jwt$/,
    )
    const keyed = await of({ tokenEndpointAuthMethod: 'private_key_jwt' }, [secret, key])
    assert.match(keyed?.because ?? '', /^not .*: the client is registered for private_key_jwt; cred_key/)
    const expired = await of({}, [{ ...secret, expiresAt: now }])
    assert.deepEqual([expired?.verdict, /it has expired/.test(expired?.because ?? '')], ['refuses', true])
    const unsealed = await of({ tokenEndpointAuthMethod: 'client_secret_jwt' }, [secret])
    assert.match(unsealed?.because ?? '', /registered for client_secret_jwt: add another/)
  })

  it('RFC 9449 §5.2: says how a token would have to be bound', async () => {
    const bindingOf = async (setting: Setting) =>
      (await explainer(setting).explain('urn:orders')).rulings.find(({ rule }) => rule === 'sender_constraint')?.because
    const required = { apis: [{ ...orders, senderConstraint: 'required' as const }] }
    assert.match((await bindingOf(required)) ?? '', /^only with a DPoP proof or over mutual TLS: tokens for urn:orders/)
    assert.match((await bindingOf({ client: { dpopBoundAccessTokens: true } })) ?? '', /^only with a DPoP proof: /)
    assert.match((await bindingOf({ client: { certificateBoundAccessTokens: true } })) ?? '', /^only over mutual TLS: /)
    const both = { client: { dpopBoundAccessTokens: true, certificateBoundAccessTokens: true } }
    assert.match((await bindingOf(both)) ?? '', /^only with a DPoP proof over mutual TLS: /)
  })

  it('FAPI 2.0 §5.3.2.1: what a profile does without is refused here, too', async () => {
    const rules = createProfileRules(fapi2)
    assert.deepEqual(refusing(await explainer({ rules }).explain('urn:orders')), [['credentials', 'invalid_client']])
    const rs256 = [{ ...orders, signingAlgorithm: 'RS256' as const }]
    assert.deepEqual(refusing(await explainer({ rules, credentials: [key], apis: rs256 }).explain('urn:orders')), [
      ['profile', 'invalid_target'],
    ])
    const { rulings } = await explainer({ rules, credentials: [key] }).explain('urn:orders')
    assert.match(rulings.at(-1)?.because ?? '', /^only with a DPoP proof or over mutual TLS: tokens must be bound/)
  })

  it('property: it says of every request what the token endpoint decides', async () => {
    const names = ['read', 'write', 'other']
    const audiences = ['urn:orders', 'urn:stock', 'urn:gone']
    const someScopes = fc.subarray(names, { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          grants: fc.uniqueArray(fc.tuple(fc.constantFrom(...audiences), someScopes), {
            selector: ([audience]) => audience,
          }),
          defaultScope: fc.option(someScopes, { nil: undefined, freq: 2 }),
          audience: fc.option(fc.constantFrom(...audiences, 'not a uri'), { nil: undefined, freq: 2 }),
          scope: fc.option(someScopes, { nil: undefined, freq: 2 }),
          constraint: fc.constantFrom('optional', 'required'),
          dpop: fc.boolean(),
          tokenTtlSeconds: fc.constantFrom(undefined, 60, 3600),
        }),
        async ({ grants, defaultScope, audience, scope, constraint, dpop, tokenTtlSeconds }) => {
          const { record, grant, explain } = explainer({
            client: { defaultScope, dpopBoundAccessTokens: dpop, tokenTtlSeconds },
            grants: grants.map(([audience, scopes]) => grantOn(audience, scopes)),
            apis: [{ ...orders, senderConstraint: constraint }, anApi({ audience: 'urn:stock', scopes: ['read'] })],
          })
          const said = await explain(audience, scope?.join(' '))
          const client = { record, credential: secret, method: 'client_secret_basic', replayClaims: [] } as const
          const asked = {
            grantType: 'client_credentials',
            credentials: { method: 'client_secret_basic', clientId: 'job', clientSecret: '' },
            scope,
            targets: audience === undefined ? [] : [audience],
            ...{ dpopProofs: [], certificate: undefined, remoteAddress: '', userAgent: undefined },
          } as const
          const decided = await Promise.resolve()
            .then(() => grant.authorize(asked, client))
            .catch((error) => ({ refused: error.code }))
          if ('refused' in decided) {
            assert.equal(said.granted, false)
            assert.equal(said.rulings.find(({ verdict }) => verdict === 'refuses')?.error, decided.refused)
            return
          }
          const { api, scope: granted, ttlSeconds } = decided
          assert.equal(said.granted, true)
          assert.deepEqual(said.token, { audience: api.audience, scope: granted, ttlSeconds })
          const isBearer = said.rulings.some(
            ({ rule, verdict }) => rule === 'sender_constraint' && verdict === 'allows',
          )
          if (isBearer) checkBinding(decided, client, unbound)
          else assert.throws(() => checkBinding(decided, client, unbound))
        },
      ),
      { numRuns: 500 },
    )
  })
})
