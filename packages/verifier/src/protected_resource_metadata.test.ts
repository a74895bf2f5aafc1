import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createResourceServer, type ResourceServerOptions } from './index.ts'
import { resourceMetadataUrl } from './protected_resource_metadata.ts'

const issuers = [{ issuer: 'https://auth.example.com' }, { issuer: 'https://tenant.example.net/' }]
const metadataOf = (options: Partial<ResourceServerOptions>) =>
  createResourceServer({ resource: 'https://orders.example.com', issuers, ...options }).metadata()

describe('resourceMetadataUrl', () => {
  it('RFC 9728 §3.1: the well-known path goes between the host and what follows it', () => {
    for (const [resource, url] of [
      ['https://r.example.com', 'https://r.example.com/.well-known/oauth-protected-resource'],
      ['https://r.example.com/', 'https://r.example.com/.well-known/oauth-protected-resource'],
      ['https://r.example.com/one', 'https://r.example.com/.well-known/oauth-protected-resource/one'],
      ['https://r.example.com:8443/a/b', 'https://r.example.com:8443/.well-known/oauth-protected-resource/a/b'],
      ['https://r.example.com/?t=1', 'https://r.example.com/.well-known/oauth-protected-resource?t=1'],
    ] as const) {
      assert.equal(resourceMetadataUrl(resource), url)
    }
  })
})

describe('createResourceServer: metadata', () => {
  it('is not there unless asked for, and then challenges do not speak of it', async () => {
    const server = createResourceServer({ resource: 'https://orders.example.com', issuers })
    assert.equal(server.metadata(), undefined)
    const refusal = await server.verify({ headers: {} })
    assert.doesNotMatch(refusal.ok ? '' : (refusal.challenge ?? ''), /resource_metadata/)
  })

  it('RFC 9728 §2: the resource exactly as configured, its issuers, and how a token is sent', () => {
    assert.deepEqual(metadataOf({ metadata: {} }), {
      resource: 'https://orders.example.com',
      authorization_servers: ['https://auth.example.com', 'https://tenant.example.net/'],
      bearer_methods_supported: ['header'],
    })
  })

  it('RFC 9728 §2: what the operator says, and nothing that is empty', () => {
    const metadata = {
      scopesSupported: ['orders:read'],
      resourceName: 'Orders',
      resourceDocumentation: 'https://docs.example.com/orders',
      resourcePolicyUri: 'https://docs.example.com/policy',
      resourceTosUri: 'https://docs.example.com/terms',
    }
    const document = metadataOf({ metadata })
    assert.deepEqual(document?.scopes_supported, ['orders:read'])
    assert.equal(document?.resource_name, 'Orders')
    assert.equal(document?.resource_documentation, 'https://docs.example.com/orders')
    assert.equal(document?.resource_policy_uri, 'https://docs.example.com/policy')
    assert.equal(document?.resource_tos_uri, 'https://docs.example.com/terms')
    assert.ok(!('scopes_supported' in (metadataOf({ metadata: { scopesSupported: [] } }) ?? {})))
  })

  it('RFC 9728 §2: bound tokens as far as they are accepted, and required only where nothing else will do', () => {
    const metadata = {}
    const dpop = metadataOf({ metadata, dpop: { algorithms: ['ES256'] } })
    assert.deepEqual(dpop?.dpop_signing_alg_values_supported, ['ES256'])
    assert.equal(dpop?.dpop_bound_access_tokens_required, undefined)
    assert.equal(dpop?.tls_client_certificate_bound_access_tokens, undefined)
    const required = metadataOf({ metadata, dpop: {}, requireBoundTokens: true })
    assert.equal(required?.dpop_bound_access_tokens_required, true)
    const either = metadataOf({ metadata, dpop: {}, mutualTls: {}, requireBoundTokens: true })
    assert.equal(either?.dpop_bound_access_tokens_required, undefined)
    assert.equal(either?.tls_client_certificate_bound_access_tokens, true)
  })

  it('what cannot be published stops the start', () => {
    const metadata = {}
    for (const options of [
      { resource: 'urn:example:orders', metadata },
      { resource: 'https://orders.example.com/#a', metadata },
      { metadata: { scopesSupported: ['orders read'] } },
      { metadata: { resourceDocumentation: 'docs' } },
    ]) {
      assert.throws(() => metadataOf(options), TypeError, JSON.stringify(options))
    }
  })
})
