import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { rejectsWith } from '../testing/expect.ts'
import { type Answer, startAuthorizationServer, startServer } from '../testing/fake_server.ts'
import { unavailable } from '../testing/unavailable.ts'
import { TokenError } from '../token_error.ts'
import { createTokenManager } from '../token_manager.ts'
import { type FederatedOptions, federated } from './federated.ts'
import { gitHubActionsToken } from './github_actions.ts'

const formSent = async (options: FederatedOptions) => {
  await using server = await startAuthorizationServer()
  await createTokenManager({ issuer: server.url, clientId: 'job', auth: federated(options) }).getToken()
  return Object.fromEntries(server.tokenRequests()[0]?.form ?? [])
}

describe('federated', () => {
  it('RFC 7523 §2.2: the platform’s token as it is, with the client id', async () => {
    assert.deepEqual(await formSent({ token: () => 'head.pay-load.sig_1\n' }), {
      grant_type: 'client_credentials',
      client_id: 'job',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'head.pay-load.sig_1',
    })
  })

  it('a SPIFFE JWT-SVID has a type of its own', async () => {
    const form = await formSent({ token: async () => 'a.b.c', type: 'jwt-spiffe' })
    assert.equal(form.client_assertion_type, 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe')
  })

  it('C1: goes to no other origin than the issuer’s', async () => {
    await using server = await startServer(() => ({
      body: { issuer: server.url, token_endpoint: 'https://elsewhere.example.com/token' },
    }))
    let asked = 0
    const token = () => `a.b.${asked++}`
    const tokens = createTokenManager({ issuer: server.url, clientId: 'job', auth: federated({ token }) })
    await rejectsWith(tokens.getToken(), 'untrusted_endpoint')
    assert.equal(asked, 0)
  })

  it('C2: what is no JWT is not sent, nor shown; neither is a token that the server repeats', async () => {
    await using server = await startAuthorizationServer(({ form }) => ({
      status: 401,
      body: { error: 'invalid_client', error_description: `bad ${form.get('client_assertion')}` },
    }))
    const ask = (token: string) =>
      createTokenManager({ issuer: server.url, clientId: 'job', auth: federated({ token: () => token }) }).getToken()
    for (const token of ['', 'canary', 'canary.b', 'canary.b.c.d', 'canary b.c.d'])
      await unavailable(ask(token), /no JWT/)
    assert.equal(server.tokenRequests().length, 0)
    const error = await rejectsWith(ask('canary.b.c'), 'invalid_client')
    assert.match(error.message, /withheld/)
  })

  it('invalid_configuration: another type', () => {
    assert.throws(() => Reflect.apply(federated, undefined, [{ token: () => 'a', type: 'saml' }]), TokenError)
  })
})

describe('GitHub Actions', () => {
  const inJob = (t: TestContext, url: string) => {
    process.env.ACTIONS_ID_TOKEN_REQUEST_URL = `${url}/idtoken/1?api-version=2.0`
    process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = 'canary-request-token'
    t.after(() => {
      delete process.env.ACTIONS_ID_TOKEN_REQUEST_URL
      delete process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN
    })
  }

  it('asks with the job’s request token for a token of this audience', async (t) => {
    await using server = await startServer(() => ({ body: { count: 1, value: 'a.b.c' } }))
    inJob(t, server.url)
    assert.equal(await gitHubActionsToken({ audience: 'https://as.example.com' })(), 'a.b.c')
    const [received] = server.received
    assert.equal(received?.path, '/idtoken/1?api-version=2.0&audience=https%3A%2F%2Fas.example.com')
    assert.equal(received?.headers.authorization, 'Bearer canary-request-token')
  })

  it('says what to do: outside of a job, without the permission, and when it answers without a token', async (t) => {
    const ask = async () => gitHubActionsToken({ audience: 'a' })()
    await unavailable(ask(), /id-token: write/)
    let answer: Answer = { status: 403, body: { message: 'canary' } }
    await using server = await startServer(() => answer)
    inJob(t, server.url)
    await unavailable(ask(), /answered 403: give the job the permission id-token: write/)
    answer = { body: { value: 1 } }
    await unavailable(ask(), /without a token/)
  })
})
