import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseDeclaration } from './parse_declaration.ts'
import { testContext, testKeys } from './testing/test_keys.ts'

const faultsOf = (document: unknown) =>
  parseDeclaration(document, testContext).faults.map(({ pointer, detail }) => `${pointer} ${detail}`)
const api = { audience: 'urn:api', scopes: ['read'] }

describe('parseDeclaration', () => {
  it('lists every fault at once, of the shape and of what entries say of each other', () => {
    const faults = faultsOf({
      apis: [
        api,
        { audience: 'urn:faulty', scopes: ['read'], token_ttl: 600 },
        api,
        { audience: 'urn:credence:admin', scopes: ['x'] },
      ],
      clients: [
        { client_id: 'a', grants: [{ audience: 'urn:api', scopes: ['write'] }] },
        { client_id: 'b', token_ttl: '2h', colour: 'red' },
        { client_id: 'c', token_ttl: '2h', managed_rotation: { overlap: '31d' } },
        { client_id: 'd', grants: [{ audience: 'urn:faulty', scopes: ['write'] }] },
        { client_name: 'nobody' },
        { client_id: 'e', serves: ['urn:credence:admin'] },
      ],
    })
    assert.deepEqual(
      faults.map((fault) => fault.split(' ')[0]),
      [
        '/apis/1/token_ttl',
        '/clients/1/colour',
        '/clients/4',
        '/apis/3/audience',
        '/clients/5/serves',
        '/apis/2/audience',
        '/clients/1/token_ttl',
        '/clients/2/token_ttl',
        '/clients/2/managed_rotation/overlap',
        '/clients/0/grants/0/scopes',
      ],
    )
    assert.match(faults[1] ?? '', /unknown member "colour"; known: client_id, client_name/)
    assert.match(faults[0] ?? '', /must be string.*as in 90s, 10m or 1h/)
  })

  it('refuses a method without what it needs, what a method has no use for, and a file that nobody read', () => {
    const client = (how: object) => ({ clients: [{ client_id: 'a', ...how }] })
    const [jwk = {}] = testKeys
    for (const [how, fault] of [
      [{ token_endpoint_auth_method: 'private_key_jwt' }, /token_endpoint_auth_method private_key_jwt needs jwks/],
      [{ token_endpoint_auth_method: 'federated', jwks: { keys: [jwk] } }, /federated has no use for a key of its own/],
      [
        {
          token_endpoint_auth_method: 'tls_client_auth',
          federated_credentials: [{ platform: 'google', subject: '108234567890123456789' }],
        },
        /tls_client_auth has no use for a federated credential/,
      ],
      [{ token_endpoint_auth_method: 'private_key_jwt', jwks_file: './a.json' }, /jwks_file jwks_file is read by/],
      [{ certificate_file: './a.pem' }, /certificate_file certificate_file is read by/],
      [{ jwks: { keys: [{ ...jwk, d: 'x' }] } }, /is a private key/],
      [{ jwks: { keys: [jwk, jwk] } }, /same kid/],
      [{ tls_client_auth_san_dns: '*.example.com' }, /tls_client_auth_san_dns.*wildcard/],
      [
        { federated_credentials: [{ subject: 'repo:acme/app*' }] },
        /federated_credentials\/0\/subject .*before the asterisk/,
      ],
      [{ certificate_public_key: 'short' }, /43 characters/],
    ] as const) {
      const faults = faultsOf(client(how))
      assert.equal(faults.length, 1, JSON.stringify([how, faults]))
      assert.match(faults[0] ?? '', fault)
    }
  })

  it('refuses a document that declares nothing: an empty file is half a file far more often than a wish', () => {
    for (const document of [{}, null, [], 'text', 1])
      assert.notDeepEqual(faultsOf(document), [], JSON.stringify(document))
    assert.deepEqual(faultsOf({ apis: [], clients: [] }), [])
  })
})
