import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { ClientCredentials } from 'simple-oauth2'
import { assertGoodToken, audience, startClientSetting } from '../support/a_client.ts'

const setting = await startClientSetting()
after(setting.credence.dispose)
const { client_id, client_secret } = setting.client
const issuer = new URL(setting.credence.issuer)
const parameters = { scope: 'orders:read', resource: audience }

describe('Node’s fetch', () => {
  const form = { grant_type: 'client_credentials', ...parameters }

  test('RFC 6749 §2.3.1: fetch with Basic gets a token', async () => {
    const credentials = `${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`
    const response = await fetch(setting.tokenEndpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(credentials)}` },
      body: new URLSearchParams(form),
    })
    assert.equal(response.status, 200)
    await assertGoodToken(setting, ((await response.json()) as { access_token: string }).access_token)
  })

  test('RFC 6749 §2.3.1: fetch with the secret in the body gets a token', async () => {
    const body = new URLSearchParams({ ...form, client_id, client_secret })
    const response = await fetch(setting.tokenEndpoint, { method: 'POST', body })
    await assertGoodToken(setting, ((await response.json()) as { access_token: string }).access_token)
  })
})

describe('oauth4webapi', () => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const discover = async () =>
    oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }))

  const methods = { ClientSecretBasic: oauth.ClientSecretBasic, ClientSecretPost: oauth.ClientSecretPost }
  for (const [name, method] of Object.entries(methods)) {
    test(`RFC 8414 §3, RFC 6749 §4.4: oauth4webapi discovers and gets a token with ${name}`, async () => {
      const server = await discover()
      const client = { client_id }
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        method(client_secret),
        parameters,
        insecure,
      )
      const token = await oauth.processClientCredentialsResponse(server, client, response)
      assert.equal(token.token_type, 'bearer')
      assert.equal(token.expires_in, 600)
      await assertGoodToken(setting, token.access_token)
    })
  }

  test('RFC 6749 §5.2: oauth4webapi reads our refusals: code, description, challenge', async () => {
    const server = await discover()
    const client = { client_id }
    const refuse = async (secret: string, scope: string) =>
      oauth.processClientCredentialsResponse(
        server,
        client,
        await oauth.clientCredentialsGrantRequest(server, client, oauth.ClientSecretBasic(secret), { scope }, insecure),
      )
    await assert.rejects(refuse(client_secret, 'orders:delete'), {
      name: 'ResponseBodyError',
      error: 'invalid_scope',
      status: 400,
    })
    await assert.rejects(refuse('wrong', 'orders:read'), (error: unknown) => {
      assert.ok(error instanceof oauth.WWWAuthenticateChallengeError)
      assert.equal(error.status, 401)
      assert.equal(error.cause[0]?.scheme, 'basic')
      return true
    })
  })

  test('RFC 9068 §4: oauth4webapi validates our token as a resource server', async () => {
    const server = await discover()
    const client = { client_id }
    const auth = oauth.ClientSecretBasic(client_secret)
    const response = await oauth.clientCredentialsGrantRequest(server, client, auth, parameters, insecure)
    const { access_token } = await oauth.processClientCredentialsResponse(server, client, response)
    const request = new Request(`${audience}/orders`, { headers: { authorization: `Bearer ${access_token}` } })
    const claims = await oauth.validateJwtAccessToken(server, request, audience, insecure)
    assert.equal(claims.client_id, client_id)
  })
})

describe('openid-client', () => {
  const methods = { ClientSecretBasic: openid.ClientSecretBasic, ClientSecretPost: openid.ClientSecretPost }
  for (const [name, method] of Object.entries(methods)) {
    test(`RFC 8414 §3, RFC 6749 §4.4: openid-client discovers and gets a token with ${name}`, async () => {
      const configuration = await openid.discovery(issuer, client_id, undefined, method(client_secret), {
        algorithm: 'oauth2',
        execute: [openid.allowInsecureRequests],
      })
      const token = await openid.clientCredentialsGrant(configuration, parameters)
      await assertGoodToken(setting, token.access_token)
    })
  }
})

describe('simple-oauth2', () => {
  for (const authorizationMethod of ['header', 'body'] as const) {
    test(`RFC 6749 §4.4: simple-oauth2 gets a token with the secret in the ${authorizationMethod}`, async () => {
      const client = new ClientCredentials({
        client: { id: client_id, secret: client_secret },
        auth: { tokenHost: setting.credence.issuer, tokenPath: '/oauth/token' },
        options: { authorizationMethod },
      })
      const { token, expired } = await client
        .getToken(parameters)
        .then((made) => ({ token: made.token, expired: made.expired() }))
      assert.equal(expired, false)
      await assertGoodToken(setting, token.access_token)
    })
  }
})
