import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { decodeJwt } from '../testing/decode_jwt.ts'
import { rejectsWith } from '../testing/expect.ts'
import { startAuthorizationServer } from '../testing/fake_server.ts'
import { createTokenManager } from '../token_manager.ts'
import { jwtBearerGrant } from './jwt_bearer.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const issuer = 'report@project.iam.gserviceaccount.com'

describe('jwt-bearer grant', () => {
  it('RFC 7523 §2.1: the assertion is the grant; scope in it, no client authentication beside it', async () => {
    await using server = await startAuthorizationServer()
    const audience = 'https://oauth2.googleapis.com/token'
    const grant = jwtBearerGrant({
      key: privateKey,
      alg: 'RS256',
      kid: 'k1',
      issuer,
      audience,
      scopeInAssertion: true,
      lifetimeSeconds: 3_600,
    })
    const tokens = createTokenManager({ issuer: server.url, clientId: issuer, grant, scope: ['a', 'b'] })
    await tokens.getToken()
    const [request] = server.tokenRequests()
    assert.deepEqual([...(request?.form.keys() ?? [])].toSorted(), ['assertion', 'grant_type'])
    assert.equal(request?.form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer')
    assert.equal(request?.headers.authorization, undefined)
    const { header, payload } = decodeJwt(request?.form.get('assertion'))
    assert.deepEqual(header, { typ: 'JWT', alg: 'RS256', kid: 'k1' })
    const { iat, exp, jti, ...rest } = payload
    assert.deepEqual(rest, { iss: issuer, aud: audience, scope: 'a b' })
    assert.equal(Number(exp) - Number(iat), 3_600)
    assert.ok(jti)
  })

  it('RFC 7523 §3: sub and the issuer as audience; scope beside it; further claims never win', async () => {
    await using server = await startAuthorizationServer()
    const claims = { iss: 'mallory', target: 'a' }
    const grant = jwtBearerGrant({ key: privateKey, alg: 'PS256', issuer, subject: 'anna', claims })
    await createTokenManager({ issuer: server.url, clientId: 'job', clientSecret: 's', grant, scope: 'a' }).getToken()
    const [request] = server.tokenRequests()
    assert.equal(request?.form.get('scope'), 'a')
    assert.match(String(request?.headers.authorization), /^Basic /)
    const { iss, sub, aud, target } = decodeJwt(request?.form.get('assertion')).payload
    assert.deepEqual([iss, sub, aud, target], [issuer, 'anna', server.url, 'a'])
  })

  it('C2: an assertion that the server repeats is withheld', async () => {
    await using server = await startAuthorizationServer(({ form }) => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: `bad ${form.get('assertion')}` },
    }))
    const grant = jwtBearerGrant({ key: privateKey, alg: 'RS256', issuer })
    const error = await rejectsWith(
      createTokenManager({ issuer: server.url, clientId: 'a', grant }).getToken(),
      'refused',
    )
    assert.match(error.message, /invalid_grant.*withheld/)
  })
})
