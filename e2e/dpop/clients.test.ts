import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { createTokenManager } from '@credence/client'
import { createResourceServer } from '@credence/verifier'
import { requireToken } from '@credence/verifier/node'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { type RunningCredence, startCredence } from '../support/credence.ts'
import { audience, createOrdersApi, createReader } from './setting.ts'

/** A server, a client of it, and an API that takes nothing but bound tokens. */
const start = async (nonce: 'required' | 'optional') => {
  const credence = await startCredence({ args: ['--dpop-nonce', nonce] })
  await createOrdersApi(credence)
  const reader = await createReader(credence)
  await credence.manage('PATCH', '/clients/reader', { dpop_bound_access_tokens: true })
  const http = createServer()
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const orders = createResourceServer({
    resource: audience,
    issuers: [{ issuer: credence.issuer }],
    dpop: { publicUrl: url, requireNonce: nonce === 'required' },
    requireBoundTokens: true,
  })
  http.on(
    'request',
    requireToken(orders, { all: ['orders:read'] }, (request, response) => response.end(request.token.clientId)),
  )
  after(async () => {
    http.close()
    await credence.dispose()
  })
  return { credence, reader, url: new URL('/orders', url) }
}

const insecure = { [oauth.allowInsecureRequests]: true } as const
const settings = { optional: await start('optional'), required: await start('required') }

const statusAsBearer = async (url: URL, token: string): Promise<number> =>
  (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status

/** What it does is done once more with the nonce that the refusal brought. */
const withNonce = <T>(work: () => Promise<T>): Promise<T> =>
  work().catch((error) => {
    if (oauth.isDPoPNonceError(error)) return work()
    throw error
  })

const discover = async ({ issuer }: RunningCredence) => {
  const url = new URL(issuer)
  return await oauth.processDiscoveryResponse(
    url,
    await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }),
  )
}

for (const [nonce, { credence, reader, url }] of Object.entries(settings)) {
  describe(`nonces ${nonce}`, () => {
    for (const algorithm of ['ES256', 'PS256', 'Ed25519'] as const) {
      test(`oauth4webapi, ${algorithm}: gets a bound token, and the verifier takes it with its proof and not as Bearer`, async () => {
        const server = await discover(credence)
        const client = { client_id: reader.client_id }
        const handle = oauth.DPoP({}, await oauth.generateKeyPair(algorithm))
        const options = { ...insecure, DPoP: handle }
        const answer = await withNonce(async () => {
          const secret = oauth.ClientSecretBasic(reader.client_secret)
          const response = await oauth.clientCredentialsGrantRequest(server, client, secret, {}, options)
          return await oauth.processClientCredentialsResponse(server, client, response)
        })
        assert.equal(answer.token_type, 'dpop')
        const { access_token: token } = answer
        const call = () => oauth.protectedResourceRequest(token, 'GET', url, undefined, undefined, options)
        assert.equal(await (await withNonce(call)).text(), 'reader')
        assert.equal(await statusAsBearer(url, token), 401)
      })
    }

    test('openid-client: the same', async () => {
      const configuration = await openid.discovery(
        new URL(credence.issuer),
        reader.client_id,
        undefined,
        openid.ClientSecretBasic(reader.client_secret),
        { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
      )
      const handle = openid.getDPoPHandle(configuration, await openid.randomDPoPKeyPair('ES256'))
      // it tries again with a nonce by itself
      const answer = await openid.clientCredentialsGrant(configuration, {}, { DPoP: handle })
      assert.equal(answer.token_type, 'dpop')
      const { access_token: token } = answer
      const response = await openid.fetchProtectedResource(configuration, token, url, 'GET', undefined, undefined, {
        DPoP: handle,
      })
      assert.equal(await response.text(), 'reader')
      assert.equal(await statusAsBearer(url, token), 401)
    })

    test('@credence/client: the same, with nothing but dpop: {}', async () => {
      const { issuer } = credence
      const secret = { issuer, clientId: reader.client_id, clientSecret: reader.client_secret }
      const tokens = createTokenManager({ ...secret, dpop: {} })
      for (let call = 0; call < 3; call++) assert.equal(await (await tokens.fetch(url)).text(), 'reader')
      const { accessToken, tokenType } = await tokens.getToken()
      assert.equal(tokenType, 'DPoP')
      assert.equal(await statusAsBearer(url, accessToken), 401)
      await assert.rejects(createTokenManager(secret).getToken(), /dpop/i)
    })
  })
}
