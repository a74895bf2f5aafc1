/** Documents and states for property tests: small pools of names, so that they overlap and collide. */
import fc from 'fast-check'
import type { CurrentState } from '../declaration.ts'
import { parseDeclaration } from '../parse_declaration.ts'
import { planChanges } from '../plan_changes.ts'
import { carryOut, emptyState } from './states.ts'
import { testContext, testKeys } from './test_keys.ts'

const audiences = ['https://a.example.com', 'https://b.example.com', 'urn:c', 'urn:d/~1']
const scopes = ['read', 'write', 'admin', 'x:y']
const ttl = fc.constantFrom('60s', '1m', '90s', '10m', '1h')
const someScopes = fc
  .subarray(scopes, { minLength: 1 })
  .chain((found) => fc.shuffledSubarray(found, { minLength: found.length }))

interface ApiEntry {
  readonly audience: string
  readonly scopes: string[]
}

const api = fc.record(
  {
    audience: fc.constantFrom(...audiences),
    scopes: someScopes,
    token_ttl: ttl,
    signing_alg: fc.constantFrom('ES256', 'RS256', 'PS256', 'EdDSA'),
    token_format: fc.constantFrom('jwt', 'opaque'),
  },
  { requiredKeys: ['audience', 'scopes'] },
)

const grantsOn = (apis: readonly ApiEntry[]) =>
  fc
    .subarray([...apis])
    .chain((granted) =>
      fc.tuple(
        ...granted.map(({ audience, scopes: known }) =>
          fc.record({ audience: fc.constant(audience), scopes: fc.subarray(known, { minLength: 1 }) }),
        ),
      ),
    )

const clientOf = (apis: readonly ApiEntry[]) =>
  fc.record(
    {
      client_id: fc.constantFrom('a', 'b', 'team/c', 'd@e'),
      client_name: fc.constantFrom('Name', 'Übung'),
      default_scope: someScopes,
      token_ttl: ttl,
      disabled: fc.boolean(),
      quota: fc.record(
        { tokens_per_minute: fc.integer({ min: 1, max: 1000 }), mode: fc.constantFrom('observe', 'enforce') },
        { requiredKeys: ['tokens_per_minute'] },
      ),
      managed_rotation: fc.record({ overlap: fc.constantFrom('1h', '1d') }, { requiredKeys: [] }),
      serves: fc.subarray(apis.map(({ audience }) => audience)),
      grants: grantsOn(apis),
    },
    { requiredKeys: ['client_id'] },
  )

/** What goes with each way to authenticate; at times nothing is said of the way. */
const authentication = fc.oneof(
  fc.record(
    {
      token_endpoint_auth_method: fc.constantFrom('client_secret_basic', 'client_secret_post', 'client_secret_jwt'),
    },
    { requiredKeys: [] },
  ),
  fc.record(
    {
      token_endpoint_auth_method: fc.constant('private_key_jwt'),
      jwks: fc.shuffledSubarray([...testKeys], { minLength: 1 }).map((keys) => ({ keys })),
      jwks_uri: fc.constantFrom('https://a.example.com/jwks.json', 'https://b.example.com/jwks.json'),
    },
    { requiredKeys: ['jwks'] },
  ),
  fc.record(
    {
      token_endpoint_auth_method: fc.constant('tls_client_auth'),
      tls_client_auth_subject_dn: fc.constantFrom('CN=a,O=Example', 'CN=b'),
      tls_client_auth_san_dns: fc.shuffledSubarray(['a.example.com', 'b.example.com'], { minLength: 1 }),
    },
    { requiredKeys: ['tls_client_auth_san_dns'] },
  ),
  fc.record(
    {
      token_endpoint_auth_method: fc.constant('federated'),
      federated_credentials: fc.shuffledSubarray(
        [
          { issuer: 'https://kubernetes.example.com', subject: 'system:serviceaccount:batch:job' },
          { subject: 'repo:acme/app:*', claims: { repository_id: ['1', '2'] } },
          {
            platform: 'oidc',
            issuer: 'https://id.example.com',
            subject: ['a', 'b'],
            audience: 'https://c.example.com',
          },
        ],
        { minLength: 1 },
      ),
    },
    { requiredKeys: ['federated_credentials'] },
  ),
)

/** A document without faults. */
export const arbitraryDocument = fc
  .uniqueArray(api, { maxLength: 4, selector: ({ audience }) => audience })
  .chain((apis) =>
    fc
      .uniqueArray(
        fc.tuple(clientOf(apis), authentication).map(([client, how]) => ({ ...client, ...how })),
        { maxLength: 4, selector: ({ client_id }) => client_id },
      )
      .map((clients) => ({ apis, clients })),
  )

/** What a server may hold: something declared before, something made by hand, an emergency stop. */
export const arbitraryState: fc.Arbitrary<CurrentState> = fc
  .record({ before: arbitraryDocument, declared: fc.boolean(), stopped: fc.constantFrom(undefined, 'a', 'b') })
  .map(({ before, declared, stopped }) => {
    const plan = planChanges(parseDeclaration(before, testContext).declaration, emptyState, { prune: false })
    const state = carryOut(plan, emptyState)
    const clients = [...state.clients].map(
      ([clientId, current]) =>
        [
          clientId,
          clientId === stopped ? { ...current, client: { ...current.client, disabled: true } } : current,
        ] as const,
    )
    const halfOf = (keys: ReadonlySet<string>) => new Set([...keys].filter((_, index) => declared || index % 2 === 0))
    return {
      apis: state.apis,
      clients: new Map(clients),
      declared: { apis: halfOf(state.declared.apis), clients: halfOf(state.declared.clients) },
    }
  })
